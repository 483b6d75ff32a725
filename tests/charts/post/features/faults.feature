Feature: Faults and changes
  What is struck comes back by itself, what is scheduled does its work, what is removed leaves nothing
  behind.

  @disruptive
  Scenario: Every pod is deleted at once, and others take their place
    Given the chart is installed where faults strike
    When every pod is deleted and replaced within 2 minutes
    Then the new pods have new UIDs
    And every workload is rolled out with no old pod left within 2 minutes

  @disruptive
  Scenario: Every pod that is told to end does so in time
    Given the chart is installed in a namespace of its own
    When every pod is told to end, and others are ready within 2 minutes
    Then every container ended by itself, with a quarter of its time to spare

  @disruptive
  Scenario Outline: The process of every <tier> container is killed, and runs anew
    Given the chart is installed where faults strike
    When the process of every "<tier>" container is killed, and anew within 1 minute
    Then every workload is rolled out with no old pod left within 2 minutes

    Examples:
      | tier    |
      | counter |
      | sorter  |

  @disruptive
  Scenario: The PodDisruptionBudget counter keeps pods when all are to be evicted
    Given the chart is installed in a namespace of its own
    Then the PodDisruptionBudget "${RELEASE}-counter" has "status.disruptionsAllowed" equal to 1 within 1 minute
    When every "counter" pod is to be evicted at once
    Then 1 eviction is granted, and the budget "${RELEASE}-counter" refuses the others
    When the refused evictions are asked for again, and granted within 2 minutes
    Then every workload is rolled out with no old pod left within 2 minutes

  # Add what it must have said: `Then that Job has said "..."`.
  @disruptive
  Scenario: The CronJob stocktaking does its work
    Given the chart is installed in a namespace of its own
    When the CronJob "${RELEASE}-stocktaking" runs now, and its Job is complete within 2 minutes

  @disruptive
  Scenario: The release is upgraded, and rolled back
    Given the chart is installed in a namespace of its own
    When the release is upgraded with "counter.replicas" set to 3, and ready within 2 minutes
    Then the Deployment "${RELEASE}-counter" has 3 ready replicas
    When the release is rolled back to revision 1, and ready within 2 minutes
    Then the Deployment "${RELEASE}-counter" has 2 ready replicas within 1 minute

  @disruptive
  Scenario: The release is uninstalled, and leaves only what is stated
    Given a namespace of its own, and all that is in it
    When the chart is installed there
    And the release is uninstalled, and its pods are gone within 2 minutes
    Then nothing is there that was not before the installation within 1 minute
