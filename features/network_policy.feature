@cluster
Feature: Network policy
  Only the connections that the application needs are possible. Every "blocked" is a time-out beside a control which shows that
  the target listens; every "allowed" is confirmed by the target itself.

  Background:
    Given the chart is installed
    And the cluster enforces network policies

  @REQ-POL-01
  Scenario: The cluster enforces network policies
    Then two pods could connect, could not while a policy forbade it, and could again

  @REQ-POL-02
  Scenario: Only the tiers that need each other may connect
    Then these connections are as expected
      | from                   | to            | expected |
      | frontend               | backend:8000  | allowed  |
      | frontend               | database:5432 | blocked  |
      | backend                | frontend:3000 | blocked  |
      | backend                | backend:8000  | blocked  |
      | backend                | database:5432 | allowed  |
      | database               | frontend:3000 | blocked  |
      | database               | backend:8000  | blocked  |
      | stand-in for migration | database:5432 | allowed  |
      | stand-in for migration | backend:8000  | blocked  |
      | stand-in for backup    | database:5432 | allowed  |
      | stand-in for backup    | frontend:3000 | blocked  |

  @REQ-POL-03
  Scenario: Strangers and impostors are blocked
    Then these connections are as expected
      | from                          | to            | expected |
      | frontend                      | backend:8000  | allowed  |
      | backend                       | database:5432 | allowed  |
      | stranger                      | frontend:3000 | blocked  |
      | stranger                      | backend:8000  | blocked  |
      | stranger                      | database:5432 | blocked  |
      | stranger in another namespace | frontend:3000 | blocked  |
      | stranger in another namespace | database:5432 | blocked  |
      | impostor of frontend          | backend:8000  | blocked  |
      | impostor of backend           | database:5432 | blocked  |

  @REQ-POL-04
  Scenario: The outside is out of reach, and names are still found
    Then these connections are as expected
      | from                          | to           | expected |
      | stranger in another namespace | outside:8080 | allowed  |
      | frontend                      | outside:8080 | blocked  |
      | backend                       | outside:8080 | blocked  |
      | database                      | outside:8080 | blocked  |
      | frontend                      | dns:53/UDP   | allowed  |
      | backend                       | dns:53/UDP   | allowed  |
      | backend                       | dns:53       | allowed  |

  @REQ-POL-05
  Scenario: The table of connections is complete, and nothing else is possible
    Then every connection is as this complete table says
      | from                                                  | to                                   | expected |
      | ingress controller                                    | frontend:3000, service todo-frontend | allowed  |
      | frontend                                              | backend:8000, service todo-backend   | allowed  |
      | backend, stand-in for migration, stand-in for backup  | database:5432, service todo-database | allowed  |
      | frontend, backend                                     | dns                                  | allowed  |
      | stand-in for migration, stand-in for backup           | dns                                  | allowed  |
      | all others                                            | all others                           | allowed  |
      | anything else                                         | anything else                        | blocked  |

  @REQ-POL-05
  Scenario: A table with a gap fails, and so does one whose default row is wrong
    Given the example project "gaps" on this cluster
    When its suite runs with "--seed 1"
    Then it fails after something was made ready
    And its scenarios fail for these reasons
      | scenario                        | reason                                                                                    |
      | A table leaves out pairs        | the table says nothing of stranger -> probe in till:8080 (3 of                            |
      | A default row promises too much | stranger -> probe in till:8080 is allowed, expected blocked: no network policy stops it   |
