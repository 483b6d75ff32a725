Feature: Sidecars
  The chart runs in a service mesh without change. What a mesh does to it is done here by a real proxy: injected into every pod at
  its admission, under a mesh's label, and every connection to a pod led through it.

  @static @REQ-MSH-02
  Scenario Outline: Every port of a Service names its application protocol
    Given the chart with the values file "<values>"
    Then every port of the Services it renders names its application protocol

    Examples:
      | values               |
      | values.yaml          |
      | values-dev.yaml      |
      | values-ci.yaml       |
      | values-prodlike.yaml |

  @disruptive @REQ-MSH-02
  Scenario: The release works with a proxy before every pod, and under a mesh's label
    Given a namespace of its own, and all that is in it
    And its label "istio-injection" is "enabled", and the proxy "traefik:v3.6.12" is injected into every pod there
    When the chart is installed there
    Then every pod of the release has a proxy beside its own containers
    And every workload is rolled out with no old pod left
    And the "migration" Job has completed
    When a todo "Tune the violin" is created through the Ingress
    Then the database holds the todo "Tune the violin"
    And what the Ingress is asked for at "/api/todos?asked=${RUN}" comes through the proxies of these tiers
      | tier     |
      | frontend |
      | backend  |
      | database |
    When the CronJob "${RELEASE}-backup" runs now, and its Job is complete within 2 minutes
    Then that Job has said "backup written"
    And no container has restarted
