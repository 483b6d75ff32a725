@disruptive
Feature: Upgrades
  An upgrade goes unnoticed. Requests of every kind go on through the Ingress at a steady rate, whatever comes of the earlier
  ones, and none is ever sent again: readers and writers, over new connections and over those that are kept alive, some so
  slow that they are under way when the pod that serves them is told to end. Limits are such that a machine that has to start all
  of it beside serving is not taken for one that loses requests.

  @REQ-OPS-04 @REQ-OPS-01
  Scenario: An upgrade replaces every pod of two tiers, and no request fails
    Given another build of each image that the project builds
    And the chart is installed in a namespace of its own with these values
      | path                                 | value |
      | termination.drainSeconds             | 6     |
      | termination.gracePeriodSeconds       | 60    |
      | frontend.backendCalls.timeoutSeconds | 15    |
      | frontend.backendCalls.attemptSeconds | 10    |
      | probes.readiness.failureThreshold    | 8     |
      | probes.liveness.failureThreshold     | 20    |
    And requests go on all the while, 2 of each a second
      | name         | tier    | method | path       | body                  | connections | takes      | says                |
      | kept page    |         | GET    | /          |                       | kept        |            |                     |
      | new read     |         | GET    | /api/todos |                       | new         |            | X-Backend-Served-By |
      | kept read    |         | GET    | /api/todos |                       | kept        |            | X-Backend-Served-By |
      | new write    |         | POST   | /api/todos | {"title": "$CONTENT"} | new         |            | X-Backend-Served-By |
      | kept write   |         | POST   | /api/todos | {"title": "$CONTENT"} | kept        |            | X-Backend-Served-By |
      | slow write   |         | POST   | /api/todos | {"title": "$CONTENT"} | new         | 10 seconds |                     |
      | slow backend | backend | POST   | /api/todos | {"title": "$CONTENT"} | new         | 10 seconds |                     |
    When the release is upgraded to those builds, and ready within 3 minutes
    Then no request has failed, of 20 more of each too
    And every "frontend" pod has answered, those of the image before and those of the image now
    And every "backend" pod has answered, those of the image before and those of the image now
    And requests "slow write" under way in each "frontend" pod that was told to end were answered by it
    And requests "slow backend" under way in each "backend" pod that was told to end were answered by it
    And every container of the replaced "frontend, backend" pods ended by itself, with a quarter of its time to spare
    And every workload is rolled out with no old pod left
