@disruptive
Feature: Mesh patterns
  What a service mesh would see to is done without one: the frontend's calls of the backend end in time, only reads are repeated,
  within a budget, and where nothing comes back load is shed instead of piling up. Requests go on through the Ingress all the
  while; the frontend says in each answer how often it sent the request on.

  @REQ-MSH-01
  Scenario: One of two backend pods is frozen, and reads are answered by the other
    Given the chart is installed where faults strike
    And requests go on all the while, 4 of each a second
      | name  | method | path               | body                  | says                                |
      | read  | GET    | /api/todos?limit=1 |                       | X-Backend-Served-By, X-Backend-Attempts   |
      | write | POST   | /api/todos         | {"title": "$CONTENT"} | X-Backend-Served-By, X-Backend-Attempts   |
    When the container "backend" is frozen in the "backend" pod that "X-Backend-Served-By" named last for "read"
    Then a "read" was answered well at its second attempt, by "X-Backend-Attempts", and not by the frozen pod within 1 minute
    When what was frozen goes on
    Then the last 10 of each request were answered well within 1 minute
    And 20 more of each request are answered well, some by each "backend" pod within 1 minute

  @REQ-MSH-01
  Scenario: Every backend pod is frozen, and load is shed
    Given the chart is installed in a namespace of its own with these values
      | path                               | value |
      | probes.readiness.failureThreshold  | 100   |
      | probes.liveness.failureThreshold   | 100   |
      | frontend.backendCalls.retryPercent | 5     |
      | frontend.backendCalls.concurrency  | 25    |
      | frontend.backendCalls.openAfter    | 30    |
    And requests go on all the while, 5 of each a second
      | name  | method | path               | body                  | says                                |
      | read  | GET    | /api/todos?limit=1 |                       | json:error.code, X-Backend-Attempts |
      | write | POST   | /api/todos         | {"title": "$CONTENT"} | json:error.code, X-Backend-Attempts |
      | page  | GET    | /                  |                       |                                     |
    When every process of the container "backend" in every "backend" pod is frozen
    Then 80 more of each of "read, write" are answered in these ways, each of them seen
      | answer          | half within | within     |
      | backend_timeout | 9 seconds   | 12 seconds |
      | backend_busy    | 2 seconds   | 12 seconds |
      | backend_resting | 2 seconds   | 12 seconds |
    And by "X-Backend-Attempts" some "read" were sent on again, within 5 and 5 % of each "frontend" pod
    And no "write" was sent on again, by "X-Backend-Attempts", though some had failed
    And no "page" has failed
    When what was frozen goes on
    Then the last 10 of each request were answered well within 1 minute
    And 20 more of each request are answered well, some by each "frontend" pod within 1 minute
    And every "write" that was answered well is stored, and none of them twice
