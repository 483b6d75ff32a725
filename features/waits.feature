@cluster
Feature: Waits
  A wait that can no longer end well ends at once, and its first line says why. Each fault is planted into a workload of its own;
  a healthy workload and one that recovers by itself are the controls.

  @REQ-RUN-02
  Scenario Outline: A fault ends the wait early and is named: <fault>
    Given a workload with the planted fault "<fault>"
    When the harness waits up to 2 minutes for it to be ready
    Then it gives up within 15 seconds of the fault being certain
    And the first line of the failure says "<cause>"

    Examples:
      | fault                   | cause                                                                             |
      | admission-refusal       | is forbidden: violates PodSecurity "restricted:latest": privileged                |
      | unschedulable           | Insufficient memory                                                               |
      | quota                   | is forbidden: exceeded quota: planted                                             |
      | image-pull              | the image registry.invalid/planted:1 of container app of pod planted-             |
      | failing-liveness-probe  | is restarted again and again because its liveness probe fails                     |
      | out-of-memory           | was killed for using more memory than its limit (OOMKilled)                       |
      | failed-mount            | MountVolume.SetUp failed for volume "keys" : secret "planted" not found           |
      | bad-configuration       | cannot be started: configmap "planted" not found                                  |
      | crash-loop              | ended with exit status 3, its last words: Error: no licence for the planted fault |
      | unbound-claim           | claim planted cannot be bound: storageclass.storage.k8s.io "planted" not found    |
      | failing-readiness-probe | the readiness probe of container app of pod planted-                              |

  @REQ-RUN-02
  Scenario: A healthy workload becomes ready
    Given a healthy workload
    When the harness waits up to 2 minutes for it to be ready
    Then it is ready

  @REQ-RUN-02
  Scenario: A fault that passes by itself does not end the wait
    Given a workload whose ConfigMap comes 3 seconds late
    When the harness waits up to 2 minutes for it to be ready
    Then it is ready
    And kubelet had told of "Error: configmap"

  @REQ-RUN-02
  Scenario: What must last is watched until the first violation
    Given a healthy workload
    When the harness waits up to 2 minutes for it to be ready
    Then it is ready
    When its pods are deleted 2 seconds into a watch of 20 seconds that it stays ready
    Then the watch ends within 3 seconds of the deletion, 2 seconds after its start
    And the first line of the failure says "the workload being ready held for only"
