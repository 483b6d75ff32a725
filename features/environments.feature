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
      | the account may not do 21 of 21 things that a run does     |
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

  @REQ-ENV-14 @disruptive @serial
  Scenario: A cluster that enforces no network policies serves what needs none, and what needs them is told
    Given the example project "shop" in the context of this cluster
    And in its "features/shop.feature" "the chart is installed in a namespace of its own" is "the cluster enforces network policies\n And the chart is installed in a namespace of its own"
    And this cluster enforces no network policies while the scenario lasts
    When its suite runs with "-n 0 -k 'rebuilt or cleaned'"
    Then it ends well, as "incomplete"
    And it says each of these once
      | line                                                                   |
      | enforces no network policies: 20 s after a policy that denies everything |
    And its data, JUnit file, Cucumber messages and living documentation tell of each scenario
      | scenario            | status  |
      | The shop is cleaned | passed  |
      | The shop is rebuilt | skipped |

  @REQ-ENV-13 @disruptive @serial
  Scenario: A cluster that vanishes under a run ends what needs it, and what is left there can be removed
    Given the example project "shop" in a context of this cluster that can vanish
    When its suite runs with "-n 0 --order written -k Customer -m 'not slow'", and the cluster vanishes once "Customer 1 is served" has passed
    Then it fails after something was made ready
    And it says each of these once
      | line                                                                   |
      | 2 scenarios were not begun, since the cluster does not answer any more |
      | remove it when it does:  kube-acceptance clean                         |
    And its data, JUnit file, Cucumber messages and living documentation tell of each scenario
      | scenario             | status  |
      | Customer 1 is served | passed  |
      | Customer 2 is served | failed  |
      | Customer 3 is served | skipped |
      | Customer 4 is served | skipped |
    Given the cluster is there again
    When kube-acceptance runs with "clean"
    Then it ends with status 0 and says "removed namespace shared-"

  @REQ-ENV-08 @static
  Scenario: Three machines run each scenario once, and together they say what one says
    Given the example project "statuses"
    When its suite runs with "-n 0 -m 'not slow'"
    And it is dealt to 3 machines with "-n 0 -m 'not slow'"
    Then each of its 6 scenarios ran on one machine, and no machine says that it ran all
    When the reports of all machines are merged
    Then the merging ends with status 1
    And the merged report says what that of the first run says
    And its data, JUnit file, Cucumber messages and living documentation tell of each scenario
      | scenario           | status  |
      | Bread is baked     | passed  |
      | Cake is baked      | failed  |
      | Pie is baked       | pending |
      | Biscuits are baked | skipped |
      | The oven is warm   | broken  |
      | Rolls are baked    | failed  |

  @REQ-ENV-08 @static
  Scenario: A machine that is lost on the way is told, and so is what ran again in its place
    Given the example project "statuses"
    When it is dealt to 2 machines with "-n 0 -k 'Bread or lights'"
    And the reports of all machines are merged
    Then the merging ends with status 1
    And it says each of these once
      | line                                                                   |
      | Shard 2 of 2 is missing: it was lost after it had begun 1 scenario.    |
    Given its variable "CANDLES" is "lit"
    When what was lost runs again with "-n 0 -k 'Bread or lights'"
    And the reports of all machines are merged
    Then the merging ends with status 0
    And "The lights go out" is told to have passed again after an attempt at shard 2 that was lost

  @REQ-ENV-06 @REQ-ENV-12 @disruptive @serial
  Scenario: Images reach a cluster through a registry, and a release has them by their digests
    Given the example project "parcel" in the context of this cluster
    And a registry beside the cluster is where its images go
    When its suite runs with "-n 0"
    Then it ends well, as "passed"
    And the registry has the images "parcel-parcel, kube-acceptance-probe"

  @REQ-ENV-10 @disruptive @serial @slow
  Scenario: A suite runs as two pods of a cluster, one of which is lost, and leaves nothing there
    Given the example project "shop" in the context of this cluster
    And all that stands outside of the run's namespaces
    When it runs as 2 pods of that cluster with "--order written -m 'not slow and not serial and not disruptive'", and the first is lost
    Then it ends well, as "incomplete"
    And its data, JUnit file, Cucumber messages and living documentation tell of each scenario
      | scenario             | status |
      | Customer 1 is served | passed |
      | Customer 2 is served | passed |
      | Customer 3 is served | passed |
      | Customer 4 is served | passed |
    And what an attempt at shard 1 had begun before it was lost is told to have passed again
    And nothing outside of the run's namespaces has changed, and none of them is left within 2 minutes

  @REQ-ENV-03 @REQ-ENV-06 @REQ-ENV-11 @disruptive @serial @slow
  Scenario: A cluster that Minikube makes serves a run, leaves out what one node cannot serve, and goes with it
    Given the example project "shop" with a cluster of its own by Minikube
    And in its "features/shop.feature" "the chart is installed in a namespace of its own" is "every node takes pods\n And the chart is installed in a namespace of its own"
    When its suite runs with "-n 0 -m 'not slow'"
    Then it ends well, as "incomplete"
    And it says each of these once
      | line                                                          |
      | Minikube's cluster has one node: pods have nowhere else to go |
    And its run was on that cluster, of which nothing is left

  @REQ-ENV-02 @disruptive @serial
  Scenario: What a killed run leaves behind is removed by one command
    Given the example project "shop" with a cluster of its own
    When its suite is killed as soon as the cluster's node is there
    Then the killed run's cluster is there
    When kube-acceptance runs with "clean"
    Then it ends with status 0 and says "removed"
    And nothing of the killed run is there
