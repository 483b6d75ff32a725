Feature: Observability
  Who operates the application learns what it does without asking it: from logs that programs can read, in which one request can be
  followed from the Ingress to the backend; from what a Prometheus of the release's own measures; and from alerts, which tell of
  faults while they last.

  @disruptive @REQ-OBS-01
  Scenario: Every line that any container has ever written is a JSON object
    Given the chart is installed in a namespace of its own with these values
      | path               | value |
      | monitoring.enabled | true  |
    When the CronJob "${RELEASE}-backup" runs now, and its Job is complete within 2 minutes
    And the process of the container "postgresql" in every "database" pod is killed, and anew within 1 minute
    And the database refuses these statements within 1 minute
      """
      SELECT "quoted\",
        1 FROM nowhere
      """
    Then just one line of the "database" pods has in its field "statement" this text within 30 seconds
      """
      SELECT "quoted\",
        1 FROM nowhere
      """
    When the database takes these statements within 1 minute
      """
      ALTER TABLE todos DROP COLUMN completed
      """
    Then the Ingress answers 500 for the release's host at "/api/todos" within 1 minute
    And every line of every container is a JSON object with these fields
      | component  | container  | fields                            |
      | frontend   | frontend   | timestamp, level, logger, message |
      | backend    | backend    | timestamp, level, logger, message |
      | database   | postgresql | timestamp, level, logger, message |
      | database   | passwords  | timestamp, level, logger, message |
      | migration  | migration  | timestamp, level, logger, message |
      | backup     | backup     | timestamp, level, logger, message |
      | monitoring | prometheus | time, level, source, msg          |
      | monitoring | discovery  | timestamp, level, logger, message |
    And a "backend" line of the level "error" holds a trace in its field "exc_info"

  @cluster @REQ-OBS-01
  Scenario: Whatever runs has written JSON from its first line on
    Given the chart is installed
    Then every line of every container is a JSON object with these fields
      | component  | container  | fields                            |
      | frontend   | frontend   | timestamp, level, logger, message |
      | backend    | backend    | timestamp, level, logger, message |
      | database   | postgresql | timestamp, level, logger, message |
      | database   | passwords  | timestamp, level, logger, message |
      | migration  | migration  | timestamp, level, logger, message |

  @cluster @REQ-OBS-01
  Scenario: A request has one id, from the Ingress through the frontend to the backend
    Given the chart is installed
    When a GET request for "/api/todos" is sent through the Ingress with the header "X-Request-ID" set to "${RUN}/a+b=1"
    Then the answer has the header "X-Request-ID" with the value "${RUN}/a+b=1"
    And each of these logs tells of the request once, by the id in its answer's header "X-Request-ID" within 30 seconds
      | log                | id                   | method        | path        | status           |
      | ingress controller | request_X-Request-Id | RequestMethod | RequestPath | DownstreamStatus |
      | frontend           | request_id           | method        | path        | status           |
      | backend            | request_id           | method        | path        | status           |
    When a DELETE request for "/api/todos/00000000-0000-4000-8000-000000000000" is sent through the Ingress
    Then the answer has the status 404
    And each of these logs tells of the request once, by the id in its answer's header "X-Request-ID" within 30 seconds
      | log                | id                      | method        | path        | status           |
      | ingress controller | downstream_X-Request-Id | RequestMethod | RequestPath | DownstreamStatus |
      | frontend           | request_id              | method        | path        | status           |
      | backend            | request_id              | method        | path        | status           |
    When a GET request for "/api/todos" is sent through the Ingress with the header "X-Request-ID" set to "no id {}"
    Then each of these logs tells of the request once, by the id in its answer's header "X-Request-ID" within 30 seconds
      | log                | id                      | method        | path        | status           |
      | ingress controller | downstream_X-Request-Id | RequestMethod | RequestPath | DownstreamStatus |
      | frontend           | request_id              | method        | path        | status           |
      | backend            | request_id              | method        | path        | status           |

  @cluster @REQ-OBS-02
  Scenario: What is measured is not for the public
    Given the chart is installed
    Then every "frontend" pod tells the metric "http_requests_total" on port 9464
    And every "backend" pod tells the metric "http_requests_total" on port 8000
    And the Ingress answers 404 for the release's host at "/metrics"

  @disruptive @REQ-OBS-02 @REQ-OBS-03
  Scenario: Prometheus measures every pod, counts every request, and tells of each fault while it lasts
    Given the chart is installed in a namespace of its own with these values
      | path                             | value |
      | monitoring.enabled               | true  |
      | monitoring.scrapeIntervalSeconds | 1     |
      | monitoring.alertAfterSeconds     | 3     |
      | monitoring.rateWindowSeconds     | 15    |
      | frontend.replicas                | 2     |
      | probes.liveness.failureThreshold | 60    |
    And the Prometheus of the "monitoring" pod, on port 9090
    Then Prometheus measures just these pods, and each is up within 1 minute
      | job        | component  | port |
      | frontend   | frontend   | 9464 |
      | backend    | backend    | 8000 |
      | monitoring | monitoring | 9090 |
    And Prometheus judges just these alerts within 30 seconds
      | alert           |
      | TierMissing     |
      | PodSilent       |
      | BackendNotReady |
      | RequestsFail    |
    And no alert fires within 30 seconds
    Given what Prometheus has counted of these
      | expression                                                                                                 |
      | sum(http_requests_total{job="frontend", method="GET", route="/api/todos", status="200"})                   |
      | sum(http_requests_total{job="backend", method="GET", route="/api/todos", status="200"})                    |
      | sum(http_request_duration_seconds_count{job="backend", method="GET", route="/api/todos"})                  |
    When 25 requests for "/api/todos" are sent through the Ingress, 10 a second, and all are answered 200
    Then each of these has grown by exactly 25
    And every panel of the dashboard "dashboard.json" in the ConfigMap "${RELEASE}-dashboard" has data
    When the Deployment "${RELEASE}-backend" is scaled to 3 within 2 minutes
    Then Prometheus measures just these pods, and each is up within 1 minute
      | job        | component  | port |
      | frontend   | frontend   | 9464 |
      | backend    | backend    | 8000 |
      | monitoring | monitoring | 9090 |

    When every process of every "frontend" container is frozen
    Then just these alerts fire within 1 minute
      | alert     | job      |
      | PodSilent | frontend |
    When what was frozen goes on
    Then no alert fires within 1 minute

    When the Deployment "${RELEASE}-backend" is scaled to 0 within 2 minutes
    Then just these alerts fire within 1 minute
      | alert       | job     |
      | TierMissing | backend |
    When the Deployment "${RELEASE}-backend" is scaled to 2 within 2 minutes
    Then no alert fires within 1 minute

    When the StatefulSet "${RELEASE}-database" is scaled to 0 within 2 minutes
    Then the "backend" tier has 0 ready pods within 1 minute
    When 40 requests for "/api/todos" are sent through the Ingress, 5 a second, and all are answered 503
    Then just these alerts fire within 1 minute
      | alert           | job      |
      | BackendNotReady | backend  |
      | RequestsFail    | frontend |
    When the StatefulSet "${RELEASE}-database" is scaled to 1 within 2 minutes
    Then no alert fires within 2 minutes

    Given the cluster enforces network policies
    Then these connections are as expected
      | from       | to              | expected |
      | monitoring | frontend:9464   | allowed  |
      | monitoring | backend:8000    | allowed  |
      | monitoring | dns:53/UDP      | allowed  |
      | monitoring | frontend:3000   | blocked  |
      | monitoring | database:5432   | blocked  |
      | monitoring | outside:8080    | blocked  |
      | frontend   | monitoring:9090 | blocked  |
      | backend    | frontend:9464   | blocked  |
