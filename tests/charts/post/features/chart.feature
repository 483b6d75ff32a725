Feature: What the chart renders
  What can be said of the chart before it is installed anywhere: in seconds, without Docker.

  @static
  Scenario Outline: <values> renders what Kubernetes takes
    Given the chart with the values file "<values>"
    Then every object it renders is valid for Kubernetes 1.37
    And every container it renders requests CPU and memory, and has limits of both

    Examples:
      | values            |
      | values-small.yaml |
      | values.yaml       |

  @static
  Scenario: Its posture is sound
    Given the chart with each of its values files, and also with each of these values besides
      | path             | value |
      | counter.replicas | 3     |
    Then what it renders keeps every rule

  @static
  Scenario: It is made of these objects
    Given the chart with the values file "values.yaml"
    Then it renders 2 Deployment objects
    And it renders 1 Job object
    And it renders 1 CronJob object
    And it renders 2 Service objects
    And it renders 4 NetworkPolicy objects
    And it renders 1 PodDisruptionBudget object

  @static
  Scenario: Its workloads have so many pods
    Given the chart with the values file "values.yaml"
    Then the Deployment "${RELEASE}-counter" that it renders has "spec.replicas" equal to 2
    And the Deployment "${RELEASE}-sorter" that it renders has "spec.replicas" equal to 1

  @static
  Scenario: Its pods may be away so many at a time
    Given the chart with the values file "values.yaml"
    Then the PodDisruptionBudget "${RELEASE}-counter" that it renders has "spec.maxUnavailable" equal to 1

  @static
  Scenario: Its work is done at these times
    Given the chart with the values file "values.yaml"
    Then the CronJob "${RELEASE}-stocktaking" that it renders has "spec.schedule" equal to "0 3 * * *"
    And the CronJob "${RELEASE}-stocktaking" that it renders has "spec.concurrencyPolicy" equal to "Forbid"
