Feature: The shop's chart
  What can be said of it before there is a cluster.

  @static @REQ-SHOP-02
  Scenario: Its posture is sound
    Given the chart with each of its values files, and also with each of these values besides
      | path          | value |
      | till.replicas | 1     |
    Then what it renders keeps every rule

  @static @REQ-SHOP-02
  Scenario: It renders what Kubernetes takes
    Given the chart with the values file "values.yaml"
    Then every object it renders is valid for Kubernetes 1.37

  @static @REQ-SHOP-01
  Scenario: Only the till reaches the ledger, and only the ingress controller reaches the till
    Given this complete table of connections
      | from               | to                                       | expected |
      | ingress controller | till:8080, service ${RELEASE}-till       | allowed  |
      | till               | ledger:9000, service ${RELEASE}-ledger   | allowed  |
      | till               | dns                                      | allowed  |
      | all others         | all others                               | allowed  |
      | anything else      | anything else                            | blocked  |
    And the chart
    Then the NetworkPolicies of each of its values files, with "till.replicas" set to 2, mean what the table says, without any cluster

  @static @REQ-SHOP-03
  Scenario: There are two tills
    Given the chart with the values file "values.yaml"
    Then the Deployment "${RELEASE}-till" that it renders has "spec.replicas" equal to 2
