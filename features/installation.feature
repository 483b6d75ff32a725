Feature: Installation
  The chart installs on an empty namespace with nothing else to do, and what it installs is complete, bounded and observed.
  Wrong values are refused before anything is created.

  @static
  Rule: What the chart renders

    @REQ-INS-08
    Scenario Outline: <values> renders valid objects
      Given the chart with the values file "<values>"
      Then every object it renders is valid for Kubernetes 1.37
      And every object it renders names a task that exists

      Examples:
        | values               |
        | values.yaml          |
        | values-dev.yaml      |
        | values-ci.yaml       |
        | values-prodlike.yaml |

    @REQ-INS-02
    Scenario Outline: Every container of <values> has requests and limits
      Given the chart with the values file "<values>"
      Then every container it renders requests CPU and memory, and has limits of both

      Examples:
        | values               |
        | values.yaml          |
        | values-dev.yaml      |
        | values-ci.yaml       |
        | values-prodlike.yaml |

    @REQ-INS-05
    Scenario Outline: A bad value is refused: <path>
      Given the chart
      When it is rendered with "<path>" set to <value>
      Then it is refused with a message that says "<message>"

      Examples:
        | path                    | value  | message          |
        | backend.replicaz        | 2      | replicaz         |
        | backend.replicas        | "two"  | backend/replicas |
        | database.existingSecret | 5      | existingSecret   |
        | ingress.host            | "a b"  | ingress/host     |
        | backup.keep             | 0      | backup/keep      |
        | restore.archive         | "../a" | restore/archive  |

  @cluster
  Rule: What the cluster holds

    @REQ-INS-01
    Scenario: Everything is ready, and serves
      Given the chart is installed
      Then every workload is rolled out with no old pod left
      And every Service has endpoints that serve
      And the Ingress answers 200 for the release's host at "/healthz"
      And the Ingress answers 200 for the release's host at "/api/todos"
      And no container has restarted

    @REQ-INS-02
    Scenario: Every container that runs has requests and limits
      Given the chart is installed
      Then every container of its pods requests CPU and memory, and has limits of both

    @REQ-INS-03
    Scenario: Every container that serves is probed
      Given the chart is installed
      Then every container of these tiers has startup, readiness and liveness probes
        | tier     |
        | frontend |
        | backend  |
        | database |

    @REQ-INS-04
    Scenario: Every object in the cluster names its task
      Given the chart is installed
      Then every object of the release names a task that exists

    @REQ-INS-06
    Scenario: The namespace enforces the restricted Pod Security Standard
      Given the chart is installed
      Then the namespace enforces the "restricted" Pod Security Standard
      And every workload of the release runs there
      And the pods that its workloads describe are admitted there, but with none of these changes
        | change        | refused because of                            |
        | is privileged | privileged, allowPrivilegeEscalation != false |

    @REQ-INS-07
    Scenario: The schema is migrated before the backend serves
      Given the chart is installed
      Then the "migration" Job has completed
      And the database is at the newest schema revision
      And no "backend" pod was ready before the "migration" Job said "Migrated the schema"
