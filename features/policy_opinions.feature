Feature: Three opinions on every connection
  What the table expects, what the NetworkPolicies mean by their specification, and what the cluster does. The first two are compared
  without any cluster. Where they differ, the failure says which of the three is wrong.

  Rule: Without monitoring

    Background:
      Given this complete table of connections
        | from                                                           | to                                          | expected |
        | ingress controller                                             | frontend:3000, service ${RELEASE}-frontend  | allowed  |
        | frontend                                                       | backend:8000, service ${RELEASE}-backend    | allowed  |
        | backend, stand-in for migration, stand-in for backup           | database:5432, service ${RELEASE}-database  | allowed  |
        | frontend, backend, stand-in for migration, stand-in for backup | dns                                         | allowed  |
        | all others                                                     | all others                                  | allowed  |
        | anything else                                                  | anything else                               | blocked  |

    @static @REQ-POL-06
    Scenario: What the rendered policies mean is what is expected, whatever the values
      Given the chart
      Then the NetworkPolicies of each of its values files, with "monitoring.enabled" set to false, mean what the table says, without any cluster
      And each end blocks by itself what the table blocks, and what is on a port that nobody names, in each of its values files with "monitoring.enabled" set to false, without any cluster

    @cluster @REQ-POL-06
    Scenario: Table, policies and cluster agree
      Given the chart is installed
      And the cluster enforces network policies
      Then table, NetworkPolicies and cluster agree on every connection

  Rule: With monitoring

    @static @REQ-POL-06 @REQ-OBS-02
    Scenario: Prometheus may read what is measured, and nobody may ask Prometheus
      Given this complete table of connections
        | from                                                                       | to                                                           | expected |
        | ingress controller                                                         | frontend:3000, service ${RELEASE}-frontend                   | allowed  |
        | frontend                                                                   | backend:8000, service ${RELEASE}-backend                     | allowed  |
        | monitoring                                                                 | frontend:9464                                                | allowed  |
        | monitoring                                                                 | backend:8000, service ${RELEASE}-backend                     | allowed  |
        | backend, stand-in for migration, stand-in for backup                       | database:5432, service ${RELEASE}-database                   | allowed  |
        | frontend, backend, stand-in for migration, stand-in for backup, monitoring | dns                                                          | allowed  |
        | all others                                                                 | all others                                                   | allowed  |
        | anything else                                                              | anything else                                                | blocked  |
      And the chart
      Then the NetworkPolicies of each of its values files, with "monitoring.enabled" set to true, mean what the table says, without any cluster
      And each end blocks by itself what the table blocks, and what is on a port that nobody names, in each of its values files with "monitoring.enabled" set to true, without any cluster
