Feature: Network policy
  Only the connections that the application needs are possible. Beside every blocked one stands a
  control.

  @cluster
  Scenario: The cluster enforces network policies
    Given the cluster enforces network policies
    Then two pods could connect, could not while a policy forbade it, and could again

  # What the policies mean today. Read it as a question: is each of these connections wanted, and is
  # none missing?
  @static
  Scenario: The policies mean what the table says
    Given this complete table of connections
      | from                     | to                                               | expected |
      | counter                  | sorter:8080, service ${RELEASE}-sorter:80, dns   | allowed  |
      | stand-in for stocktaking | counter:8080, service ${RELEASE}-counter:80, dns | allowed  |
      | all others               | all others                                       | allowed  |
      | anything else            | anything else                                    | blocked  |
    And the chart
    Then the NetworkPolicies of each of its values files, with "counter.replicas" set to 3, mean what the table says, without any cluster

  @cluster
  Scenario: The cluster does what the table says
    Given the chart is installed
    And the cluster enforces network policies
    And this complete table of connections
      | from                     | to                                               | expected |
      | counter                  | sorter:8080, service ${RELEASE}-sorter:80, dns   | allowed  |
      | stand-in for stocktaking | counter:8080, service ${RELEASE}-counter:80, dns | allowed  |
      | all others               | all others                                       | allowed  |
      | anything else            | anything else                                    | blocked  |
    Then table, NetworkPolicies and cluster agree on every connection
