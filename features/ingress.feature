Feature: Ingress
  What users send arrives as they sent it, whatever they send: at the host that they ask for and no other, by TLS where they
  ask for that, from the address that they have, and with bodies and at a pace of their own. What they may not send is refused.

  @cluster @REQ-OPS-08 @REQ-CON-03
  Scenario: Hosts and paths are served that the release has, and no others
    Given the chart is installed
    Then the Ingress answers 200 for the release's host at "/"
    And the Ingress answers 200 for the release's host at "/api/todos"
    And the Ingress answers 404 for the host "elsewhere.localhost" at "/"
    And the Ingress answers 404 for the host "elsewhere.localhost" at "/api/todos"
    And the Ingress answers 404 for the release's host at "/nothing-here"
    And the Ingress answers 404 for the release's host at "/api/todos/nothing-here/either"
    And the Ingress answers 404 for the release's host at "/readyz"

  @cluster @REQ-OPS-08
  Scenario: Bodies are taken up to their limit, and refused beyond it
    Given the chart is installed
    When a POST request for "/api/todos" is sent through the Ingress with this JSON and blanks, 16384 bytes in all
      """
      {"title": "Weigh the anchor ${RUN}"}
      """
    Then the answer has the status 201
    And the answer has "title" equal to "Weigh the anchor ${RUN}"
    When a POST request for "/api/todos" is sent through the Ingress with this JSON and blanks, 16385 bytes in all
      """
      {"title": "Weigh two anchors ${RUN}"}
      """
    Then the answer has the status 413
    And the answer has "error.code" equal to "body_too_large"
    And the database does not hold the todo "Weigh two anchors ${RUN}"
    When a POST request for "/api/todos" is sent through the Ingress with this JSON and blanks, 10000000 bytes in all
      """
      {"title": "Weigh a fleet ${RUN}"}
      """
    Then the answer has the status 413
    And the Ingress answers 200 for the release's host at "/"

  @cluster @REQ-OPS-08
  Scenario: Slow clients are served, and others meanwhile
    Given the chart is installed
    And 100 clients begin a POST to "/api/todos" through the Ingress, and stop in the middle
    And requests go on all the while, 3 of each a second
      | name  | method | path               | body                           | takes     |
      | slow  | POST   | /api/todos         | {"title": "Slow one $CONTENT"} | 7 seconds |
      | quick | GET    | /api/todos?limit=1 |                                |           |
    Then no request has failed, of 15 more of each too
    And each of these clients is still waited for

  @disruptive @REQ-OPS-08
  Scenario: TLS, who asks, and both pods
    Given a certificate authority of its own, and a certificate of it for the release's host in the Secret "todo-tls"
    And the chart is installed in a namespace of its own with these values
      | path              | value    |
      | ingress.tlsSecret | todo-tls |
      | frontend.replicas | 2        |
    Then by TLS the Ingress answers 200 at "/api/todos", by a certificate of that authority for the release's host within 30 seconds
    And who trusts another authority, or asks for another host, gets no further by TLS
    And each line that the "frontend" pods have logged of the requests "tls-${NAMESPACE}" has "scheme" equal to "https" within 10 seconds
    Given requests go on all the while, 5 of each a second
      | name   | path               | headers                                                                                                      | says          |
      | honest | /api/todos?limit=1 | {"X-Request-ID": "honest-${RUN}"}                                                                            | X-Backend-Served-By |
      | forged | /api/todos?limit=1 | {"X-Request-ID": "forged-${RUN}", "X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}            | X-Backend-Served-By |
    Then each line that the "frontend" pods have logged of the requests "honest-${RUN}" has as "client" where they came from
    And each line that the "frontend" pods have logged of the requests "forged-${RUN}" has as "client" where they came from
    And each line that the "frontend" pods have logged of the requests "forged-${RUN}" has "scheme" equal to "http"
    And 30 more of each request are answered well, some by each "frontend" pod within 1 minute
    And 10 more of each request are answered well, some by each "backend" pod within 1 minute
