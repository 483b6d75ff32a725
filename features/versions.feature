Feature: Versions
  The oldest versions that are supported do what the newest do. docs/versions.md lists all of them, and what could not be run.

  @static
  Rule: Kubernetes

    @REQ-ENV-05
    Scenario Outline: The oldest Kubernetes takes what each values file renders for it
      Given the chart with the values file "<values>", for Kubernetes 1.25
      Then every object it renders is valid for Kubernetes 1.25

      Examples:
        | values               |
        | values.yaml          |
        | values-dev.yaml      |
        | values-ci.yaml       |
        | values-prodlike.yaml |

    @REQ-ENV-05
    Scenario Outline: What <values> renders for Kubernetes <version> is valid there
      Given the chart with the values file "<values>", for Kubernetes <version>
      Then every object it renders is valid for Kubernetes <version>

      Examples:
        | values               | version |
        | values-ci.yaml       | 1.30    |
        | values-prodlike.yaml | 1.37    |

  @disruptive
  Rule: Helm

    @REQ-ENV-05
    Scenario: The oldest Helm installs, upgrades, rolls back and uninstalls
      All other scenarios do so by the run's own Helm, which is the newest.

      Given a namespace of its own, and all that is in it
      And all that is done to the release is done by Helm 3.10
      When the chart is installed there
      Then every workload is rolled out with no old pod left
      When the release is upgraded with "backend.replicas" set to 3, and ready within 3 minutes
      Then the Deployment "${RELEASE}-backend" has 3 ready replicas
      When the release is rolled back to revision 1, and ready within 3 minutes
      Then the Deployment "${RELEASE}-backend" has 2 ready replicas within 1 minute
      When the release is uninstalled, and its pods are gone within 2 minutes
      Then nothing is there that was not before the installation, but these within 1 minute
        | kind                  | name                       |
        | PersistentVolumeClaim | data-${RELEASE}-database-0 |
        | PersistentVolumeClaim | ${RELEASE}-backup          |
        | Secret                | ${RELEASE}-database        |
