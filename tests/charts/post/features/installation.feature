Feature: Installation
  The chart installs on an empty namespace with nothing else to do; what it installs is complete and
  confined.

  @cluster
  Scenario: Everything is ready
    Given the chart is installed
    Then every workload is rolled out with no old pod left
    And every Service has endpoints that serve
    And no container has restarted

  @cluster
  Scenario: Each workload has its pods, and each Job its end
    Given the chart is installed
    Then the Deployment "${RELEASE}-counter" has 2 ready replicas
    And the Deployment "${RELEASE}-sorter" has 1 ready replica
    And the Job "${RELEASE}-opening" is rolled out
    And the PodDisruptionBudget "${RELEASE}-counter" exists
    And the CronJob "${RELEASE}-stocktaking" exists

  @cluster
  Scenario: Every container that runs is bounded, and every one that serves is probed
    Given the chart is installed
    Then every container of its pods requests CPU and memory, and has limits of both
    And every container of these tiers has startup, readiness and liveness probes
      | tier    |
      | counter |
      | sorter  |

  @cluster
  Scenario: Each Service leads to its pods
    Given the chart is installed
    Then the Service "${RELEASE}-counter" listens on port 80
    And the Service "${RELEASE}-counter" leads to the ready "counter" pods
    And the Service "${RELEASE}-sorter" listens on port 80
    And the Service "${RELEASE}-sorter" leads to the ready "sorter" pods

  @cluster
  Scenario: The namespace takes no pod with one protection less
    Given the chart is installed
    Then the namespace enforces the "restricted" Pod Security Standard
    And every workload of the release runs there
    And the pods that its workloads describe are admitted there, but with none of these changes
      | change                         | refused because of                            |
      | is privileged                  | privileged, allowPrivilegeEscalation != false |
      | has a folder of the node       | restricted volume types                       |
      | does not drop all capabilities | unrestricted capabilities                     |
      | may run as root                | runAsNonRoot != true                          |

  @cluster
  Scenario: The kernel confines every process of every container
    Given the chart is installed
    When every container of the release is looked into
    Then no process in them belongs to root or root's group
    And no process in them has a capability, or may gain one
    And no process in them may gain privileges
    And every process in them has a seccomp filter
    And their root file systems refuse to be written to

  @cluster
  Scenario: Nothing that runs has rights in the Kubernetes API
    Given the chart is installed
    Then no container of the release holds a token of the Kubernetes API
    And no service account has a dangerous right
