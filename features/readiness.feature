Feature: Readiness
  Ready means that requests are served. A pod that cannot serve gets none, and is restarted only where that would help: not
  because the database is away, which no restart brings back, but because the process itself hangs.

  @cluster @REQ-OPS-01
  Scenario Outline: What Helm calls ready is not ready
    When Helm installs the hasty chart, waits by "<way>", and believes that it is ready
    Then no pod of it is ready, and the harness says so: "Deployment hasty has 0 of 1 ready"
    And the harness waits until its only pod is ready, which is of revision 1
    When Helm upgrades it to pods that open after 6 seconds, waits by "<way>", and believes that it is ready
    Then no pod of it is ready, and the harness says so: "Deployment hasty has"
    And the harness waits until its only pod is ready, which is of revision 2

    Examples:
      | way      |
      | legacy   |
      | hookOnly |

  @disruptive @REQ-OPS-02
  Scenario: The database goes and comes back
    Given the chart is installed where faults strike
    And requests go on all the while, 5 of each a second
      | name         | tier    | path       | connections | says                |
      | new read     |         | /api/todos | new         | X-Backend-Served-By |
      | kept read    |         | /api/todos | kept        | X-Backend-Served-By |
      | new backend  | backend | /api/todos | new         |                     |
      | kept backend | backend | /api/todos | kept        |                     |
    And the "backend" pods as they are now
    And the "backend" containers as they are now
    When the StatefulSet "${RELEASE}-database" is scaled to 0 within 1 minute
    Then the Service "${RELEASE}-backend" has 0 endpoints within 1 minute
    And for 3 liveness budgets every "backend" pod is unready, gets no request and is not restarted
    When the StatefulSet "${RELEASE}-database" is scaled to 1 within 2 minutes
    Then the Service "${RELEASE}-backend" leads to the ready "backend" pods within 1 minute
    And every "backend" pod is ready within 1 minute
    And the last 5 of each request were answered well within 30 seconds
    And 20 more of each request are answered well, some by each "backend" pod within 1 minute
    And the "backend" pods are the same as before
    And no "backend" container has restarted since then

  @disruptive @REQ-OPS-03
  Scenario: A process that hangs is restarted
    Given the chart is installed where faults strike
    When the first process of every "backend" container is stopped, and hangs
    Then the Service "${RELEASE}-backend" has 0 endpoints within 1 minute
    And their liveness probes have them restarted within 2 minutes
    And every "backend" pod is ready within 1 minute

  @disruptive @REQ-OPS-03
  Scenario: A process that starts slowly is left to finish
    Given the chart is installed where faults strike
    When a "backend" pod is replaced by one that needs 40 seconds to start
    Then it is ready, and its container was never restarted within 1 minute
