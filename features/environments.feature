Feature: Environments
  What a run needs is named and checked, and what it brought is gone when it has ended, however it ended.

  @REQ-ENV-01 @image
  Scenario: One command names every prerequisite, and a fix for each that is missing
    When kube-acceptance runs with "doctor"
    Then it ends with status 0 and says "Docker"
    When kube-acceptance runs with "doctor" where Docker cannot be reached
    Then it ends with status 1 and says "deploy/machine/up"

  @REQ-ENV-02 @disruptive @serial
  Scenario: What a killed run leaves behind is removed by one command
    Given the example project "shop" with a cluster of its own
    When its suite is killed as soon as the cluster's node is there
    Then the killed run's cluster is there
    When kube-acceptance runs with "clean"
    Then it ends with status 0 and says "removed"
    And nothing of the killed run is there
