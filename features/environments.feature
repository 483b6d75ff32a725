Feature: Environments
  What a run needs is named and checked, and what it brought is gone when it has ended, however it ended.

  @REQ-ENV-01 @image
  Scenario: One command names every prerequisite, and a fix for each that is missing
    When kube-acceptance runs with "doctor"
    Then it ends with status 0 and says "Docker"
    When kube-acceptance runs with "doctor" where Docker cannot be reached
    Then it ends with status 1 and says "deploy/machine/up"

  @REQ-ENV-07 @cluster
  Scenario: A chart that the harness has never seen gets its first features, and they are true of it
    Given the chart "tests/charts/post/chart" in a folder of its own, with nothing but the wheel installed
    When the installed kube-acceptance runs there with "init chart"
    And its suite runs with "-n 0 -m 'not disruptive' --cluster-images=python:3.13-alpine"
    Then it ends well, as "incomplete"
    And its features are 4, and all that ran of their scenarios passed

  @REQ-ENV-04 @disruptive @serial
  Scenario: A cluster that is there before a run is left as it was
    Given the example project "shop" in the context of this cluster
    And all that stands outside of the run's namespaces
    When its suite runs with "-n 0 -m 'not slow'"
    Then it ends well, as "incomplete"
    And nothing outside of the run's namespaces has changed, and none of them is left within 2 minutes

  @REQ-ENV-04 @cluster
  Scenario: What an account may not do is told together, before anything starts
    Given the example project "shop" in the context of this cluster
    And the account of that context has no rights
    When its suite runs with "-n 0"
    Then it fails before anything is made ready
    And it says each of these once
      | line                                                       |
      | the account may not do 18 of 18 things that a run does     |
      | it may not create namespaces                               |
      | it may not create pods/exec                                |
      | it may not create deployments of apps                      |

  @REQ-ENV-04 @cluster
  Scenario: A context is named, never guessed
    Given the example project "shop" in the context of this cluster
    When its suite runs with "-n 0 --cluster kind-elsewhere"
    Then it fails before anything is made ready
    And it says each of these once
      | line                                                |
      | there is no context kind-elsewhere in the kubeconfig |

  @REQ-ENV-10 @disruptive @serial @slow
  Scenario: A cluster that Minikube makes serves a run, and goes with it
    Given the example project "shop" with a cluster of its own by Minikube
    When its suite runs with "-n 0 -m 'not slow'"
    Then it ends well, as "incomplete"
    And its run was on that cluster, of which nothing is left

  @REQ-ENV-02 @disruptive @serial
  Scenario: What a killed run leaves behind is removed by one command
    Given the example project "shop" with a cluster of its own
    When its suite is killed as soon as the cluster's node is there
    Then the killed run's cluster is there
    When kube-acceptance runs with "clean"
    Then it ends with status 0 and says "removed"
    And nothing of the killed run is there
