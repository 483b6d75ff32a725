@cluster
Feature: Pod security
  The release runs where the API server refuses pods that are not restricted, and what a pod says of itself is true inside its
  containers. Beside every refusal stands its control: the pod as it is, and the changed pod where nothing is enforced.

  Background:
    Given the chart is installed

  @REQ-SEC-03
  Rule: Bad pods are refused

    Scenario: The namespace enforces the standard, and everything runs there
      Then the namespace enforces the "restricted" Pod Security Standard
      And every workload of the release runs there

    Scenario: A pod of the release without one of its protections is refused
      Then the pods that its workloads describe are admitted there, but with none of these changes
        | change                                      | refused because of                            |
        | is privileged                               | privileged, allowPrivilegeEscalation != false |
        | shares the node's network                   | host namespaces (hostNetwork=true)            |
        | shares the node's processes                 | host namespaces (hostPID=true)                |
        | shares the node's IPC                       | host namespaces (hostIPC=true)                |
        | has a folder of the node                    | restricted volume types                       |
        | has a port of the node                      | hostPort                                      |
        | adds the capability NET_ADMIN               | unrestricted capabilities                     |
        | does not drop all capabilities              | unrestricted capabilities                     |
        | may gain privileges                         | allowPrivilegeEscalation != false             |
        | does not say whether it may gain privileges | allowPrivilegeEscalation != false             |
        | may run as root                             | runAsNonRoot != true                          |
        | does not say whether it may run as root     | runAsNonRoot != true                          |
        | runs as the user 0                          | runAsUser=0                                   |
        | has no seccomp filter                       | seccompProfile                                |
        | does not say which seccomp filter it has    | seccompProfile                                |
        | has no AppArmor profile                     | forbidden AppArmor profile                    |
        | chooses an SELinux type                     | seLinuxOptions                                |
        | sees all of /proc                           | procMount                                     |
        | sets an unsafe kernel parameter             | forbidden sysctls                             |
        | lets kubelet call another host              | probe or lifecycle host                       |

    Scenario: It is the standard that refuses, and nothing else
      Then these changed pods can be created in another namespace, not while it enforces "restricted", and then again
        | change                         |
        | is privileged                  |
        | has a folder of the node       |
        | does not drop all capabilities |
        | may run as root                |

  @REQ-SEC-04
  Rule: Protections hold inside the containers

    Scenario: The kernel confines every process of every container
      When every container of the release is looked into
      Then no process in them belongs to root or root's group
      And no process in them has a capability, or may gain one
      And no process in them may gain privileges
      And every process in them has a seccomp filter
      And their root file systems refuse to be written to
