Feature: Scaling
  Replicas are never all away at once, run on different nodes, and are as many as the load asks for.

  @static
  Rule: What the chart renders

    @REQ-SCA-01
    Scenario: Each component has bounds of its own, and an autoscaler's replicas are nobody else's
      Given the chart with these values
        | path                                               | value |
        | frontend.autoscaling.enabled                       | true  |
        | frontend.autoscaling.minReplicas                   | 2     |
        | frontend.autoscaling.maxReplicas                   | 3     |
        | backend.autoscaling.enabled                        | true  |
        | backend.autoscaling.minReplicas                    | 1     |
        | backend.autoscaling.maxReplicas                    | 5     |
        | backend.autoscaling.scaleDownStabilizationSeconds  | 20    |
        | backend.autoscaling.targetCPUUtilizationPercentage | 60    |
      Then it renders 2 HorizontalPodAutoscaler objects
      And the Deployment "${RELEASE}-frontend" that it renders has no "spec.replicas", unlike with the chart's own values
      And the Deployment "${RELEASE}-backend" that it renders has no "spec.replicas", unlike with the chart's own values
      And the HorizontalPodAutoscaler "${RELEASE}-frontend" that it renders has "spec.minReplicas" equal to 2
      And the HorizontalPodAutoscaler "${RELEASE}-frontend" that it renders has "spec.maxReplicas" equal to 3
      And the HorizontalPodAutoscaler "${RELEASE}-backend" that it renders has "spec.minReplicas" equal to 1
      And the HorizontalPodAutoscaler "${RELEASE}-backend" that it renders has "spec.maxReplicas" equal to 5
      And the HorizontalPodAutoscaler "${RELEASE}-backend" that it renders has "spec.metrics[0].resource.target.averageUtilization" equal to 60
      And the HorizontalPodAutoscaler "${RELEASE}-backend" that it renders has "spec.behavior.scaleDown.stabilizationWindowSeconds" equal to 20

    @REQ-SCA-02 @REQ-SCA-03
    Scenario Outline: One <tier> pod at a time may be evicted, broken ones always, and replicas of one revision are spread
      Given the chart with the values file "values-ci.yaml"
      Then the PodDisruptionBudget "${RELEASE}-<tier>" that it renders has "spec.maxUnavailable" equal to 1
      And the PodDisruptionBudget "${RELEASE}-<tier>" that it renders has "spec.unhealthyPodEvictionPolicy" equal to "AlwaysAllow"
      And the Deployment "${RELEASE}-<tier>" that it renders has "spec.template.spec.topologySpreadConstraints[0].topologyKey" equal to "kubernetes.io/hostname"
      And the Deployment "${RELEASE}-<tier>" that it renders has "spec.template.spec.topologySpreadConstraints[0].nodeTaintsPolicy" equal to "Honor"
      And the Deployment "${RELEASE}-<tier>" that it renders has "spec.template.spec.topologySpreadConstraints[0].matchLabelKeys" equal to ["pod-template-hash"]

      Examples:
        | tier     |
        | frontend |
        | backend  |

  @disruptive
  Rule: Several replicas

    @serial @REQ-SCA-02 @REQ-SCA-03
    Scenario: Replicas run on different nodes, and only one of a tier is evicted at a time
      Given every node takes pods
      And the scheduler likes one node better than the others
      And the chart is installed in a namespace of its own with these values
        | path              | value |
        | frontend.replicas | 2     |
        | backend.replicas  | 2     |
        | spread.required   | true  |
      Then the "backend" pods are spread evenly over the nodes
      And the "frontend" pods are spread evenly over the nodes
      And the PodDisruptionBudget "${RELEASE}-backend" has these fields within 1 minute
        | path                      | value |
        | status.expectedPods       | 2     |
        | status.currentHealthy     | 2     |
        | status.disruptionsAllowed | 1     |
      And the PodDisruptionBudget "${RELEASE}-frontend" has these fields within 1 minute
        | path                      | value |
        | status.expectedPods       | 2     |
        | status.currentHealthy     | 2     |
        | status.disruptionsAllowed | 1     |
      When every "backend" pod is to be evicted at once
      Then 1 eviction is granted, and the budget "${RELEASE}-backend" refuses the others
      When the refused evictions are asked for again, and granted within 2 minutes
      And every "frontend" pod is to be evicted at once
      Then 1 eviction is granted, and the budget "${RELEASE}-frontend" refuses the others
      When the refused evictions are asked for again, and granted within 2 minutes
      Then every workload is rolled out with no old pod left within 2 minutes
      And the "backend" pods are spread evenly over the nodes
      And the "frontend" pods are spread evenly over the nodes

    @serial @REQ-SCA-01 @REQ-SCA-04
    Scenario: The backend grows with its load, stays within its limits, and shrinks when the load is over
      Given the chart is installed in a namespace of its own with these values
        | path                                               | value                                                     |
        | backend.replicas                                   | 1                                                         |
        | backend.resources.requests.cpu                     | 100m                                                      |
        | backend.autoscaling.enabled                        | true                                                      |
        | backend.autoscaling.minReplicas                    | 1                                                         |
        | backend.autoscaling.maxReplicas                    | 2                                                         |
        | backend.autoscaling.targetCPUUtilizationPercentage | 60                                                        |
        | backend.autoscaling.scaleDownStabilizationSeconds  | 20                                                        |
        | probes.readiness                                   | {periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 2}  |
        | probes.liveness                                    | {periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3} |
      Then the HorizontalPodAutoscaler "${RELEASE}-backend" measures the load within 2 minutes
      And the Deployment "${RELEASE}-backend" has 1 ready replica for 20 seconds
      When more requests are sent, 20 of each a second
        | name | path       | says          |
        | load | /api/todos | X-Backend-Served-By |
      Then the HorizontalPodAutoscaler "${RELEASE}-backend" has raised the number of pods to 2, and all are ready within 3 minutes
      And every "backend" pod has a part of at least 25 % in the answers to them within 1 minute
      When the use of CPU and memory is measured 1 time anew within 2 minutes
      Then every "backend" container used at least "20m" CPU
      And no container used more of its limits than these percent of CPU and memory
        | component | cpu | memory |
        | frontend  | 75  | 75     |
        | backend   | 75  | 75     |
        | database  | 75  | 75     |
      And no container used more memory than it requests
      Given the "backend" pods as they are now
      When the release is upgraded with "backup.keep" set to 8, and ready within 2 minutes
      Then the "backend" pods are the same as before
      Given requests go on all the while, 2 of each a second
        | name  | path       | connections |
        | todos | /api/todos | kept        |
      When no more requests are sent than before
      Then the HorizontalPodAutoscaler "${RELEASE}-backend" is "AbleToScale" because of "ScaleDownStabilized" within 2 minutes
      And the HorizontalPodAutoscaler "${RELEASE}-backend" has lowered the number of pods to 1, and all are ready within 3 minutes
      And no request has failed, of 10 more of each too
