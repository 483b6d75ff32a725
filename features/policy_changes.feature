@cluster
Feature: Changes of network policies
  A change takes effect in its time, and only where it should. Connections are tried all the time, so that none that stays
  allowed is ever lost meanwhile, and none that stays blocked ever opens; what is allowed answers with its nonce.

  Background:
    Given the cluster enforces network policies

  @REQ-POL-07
  Scenario: A policy comes, changes and goes
    Given these probe pods run
      | pod       | label          | namespace |
      | server    |                | own       |
      | bystander |                | own       |
      | client    | access=granted | own       |
      | stranger  |                | own       |
    And these connections are tried 20 times a second
      | from     | to              | now     |
      | client   | server:8080     | allowed |
      | client   | server:8080/UDP | allowed |
      | stranger | server:8080     | allowed |
      | client   | bystander:8080  | allowed |
    When a policy denies all ingress to "server"
    Then these connections change within 10 seconds, and no others
      | from     | to              | expected |
      | client   | server:8080     | blocked  |
      | client   | server:8080/UDP | blocked  |
      | stranger | server:8080     | blocked  |
    When a policy lets only pods with the label "access=granted" into "server" on port 8080
    Then these connections change within 10 seconds, and no others
      | from   | to              | expected |
      | client | server:8080     | allowed  |
      | client | server:8080/UDP | allowed  |
    When the policy of "server" is deleted
    Then these connections change within 10 seconds, and no others
      | from     | to          | expected |
      | stranger | server:8080 | allowed  |

  @REQ-POL-07
  Scenario: Rights go with labels, and not with pods
    Given these probe pods run
      | pod       | label          | namespace |
      | server    |                | own       |
      | client    | access=granted | own       |
      | stranger  |                | own       |
      | neighbour | access=granted | other     |
    And these connections are tried 20 times a second
      | from      | to          | now     |
      | client    | server:8080 | allowed |
      | stranger  | server:8080 | allowed |
      | neighbour | server:8080 | allowed |
    When a policy lets only pods with the label "access=granted" into "server" on port 8080
    Then these connections change within 10 seconds, and no others
      | from      | to          | expected |
      | stranger  | server:8080 | blocked  |
      | neighbour | server:8080 | blocked  |
    When "client" loses the label "access"
    Then these connections change within 10 seconds, and no others
      | from   | to          | expected |
      | client | server:8080 | blocked  |
    When "stranger" gets the label "access=granted"
    Then these connections change within 10 seconds, and no others
      | from     | to          | expected |
      | stranger | server:8080 | allowed  |

  @REQ-POL-07
  Scenario: A namespace is opened and closed by its label
    Given these probe pods run
      | pod       | label         | namespace |
      | server    |               | own       |
      | client    |               | own       |
      | neighbour |               | other     |
    And these connections are tried 20 times a second
      | from      | to             | now     |
      | client    | server:8080    | allowed |
      | neighbour | server:8080    | allowed |
      | neighbour | client:8080    | allowed |
    When a policy lets only namespaces with the label "zone=trusted" into "server" on port 8080
    Then these connections change within 10 seconds, and no others
      | from      | to          | expected |
      | client    | server:8080 | blocked  |
      | neighbour | server:8080 | blocked  |
    When the namespace of "neighbour" gets the label "zone=trusted"
    Then these connections change within 10 seconds, and no others
      | from      | to          | expected |
      | neighbour | server:8080 | allowed  |
    When the namespace of "neighbour" loses the label "zone"
    Then these connections change within 10 seconds, and no others
      | from      | to          | expected |
      | neighbour | server:8080 | blocked  |

  @REQ-POL-07
  Scenario: New pods obey old policies, at whatever address
    Given these probe pods run
      | pod       | label          | namespace |
      | server    |                | own       |
      | client    | access=granted | own       |
      | stranger  |                | own       |
    And these connections are tried 20 times a second
      | from     | to          | now     |
      | client   | server:8080 | allowed |
      | stranger | server:8080 | allowed |
      | stranger | client:8080 | allowed |
    When a policy lets only pods with the label "access=granted" into "server" on port 8080
    Then these connections change within 10 seconds, and no others
      | from     | to          | expected |
      | stranger | server:8080 | blocked  |
    When "client" is replaced by a new pod
    Then every connection is as before within 10 seconds
    When "stranger" is replaced by a new pod
    Then every connection is as before within 10 seconds
    When "server" is replaced by a new pod
    Then every connection is as before within 10 seconds

  # Kind's network plugin judges new connections alone. Another one may cut what is open: say so here where that is wanted.
  @REQ-POL-07
  Scenario: What is open already stays usable, until its server goes
    Given these probe pods run
      | pod    | label | namespace |
      | server |       | own       |
      | client |       | own       |
    And these connections are tried 20 times a second
      | from   | to              | now     |
      | client | server:8080     | allowed |
      | client | server:8080/UDP | allowed |
    And "client" keeps a connection to "server:8080" open
    And "client" keeps a connection to "server:8080/UDP" open
    When a policy denies all ingress to "server"
    Then these connections change within 10 seconds, and no others
      | from   | to              | expected |
      | client | server:8080     | blocked  |
      | client | server:8080/UDP | blocked  |
    And the open connection from "client" to "server:8080" stays usable
    And the open connection from "client" to "server:8080/UDP" stays usable
    When the policy of "server" is deleted
    Then these connections change within 10 seconds, and no others
      | from   | to              | expected |
      | client | server:8080     | allowed  |
      | client | server:8080/UDP | allowed  |
    And the open connection from "client" to "server:8080" stays usable
    When "server" is replaced by a new pod
    Then every connection is as before within 10 seconds
    And the open connection from "client" to "server:8080" is cut within 10 seconds

  @disruptive @REQ-POL-07
  Scenario: A backend pod that loses its label loses the database, and the one in its place has it
    Given the chart is installed in a namespace of its own
    And these probe pods run
      | pod     | label | namespace |
      | neutral |       | own       |
    And these connections are tried 20 times a second
      | from    | to            | now     |
      | backend | database:5432 | allowed |
      | backend | outside:8080  | blocked |
      | neutral | outside:8080  | allowed |
    When "backend" loses the label "app.kubernetes.io/component"
    Then these connections change within 10 seconds, and no others
      | from    | to            | expected |
      | backend | database:5432 | blocked  |
    And the "backend" tier has 2 ready pods within 2 minutes
    And "backend" can reach "database:5432"

  @disruptive @REQ-POL-07
  Scenario: Every pod of the release is recreated, and the new ones obey
    Given the chart is installed in a namespace of its own
    When every pod is deleted and replaced within 2 minutes
    Then every workload is rolled out with no old pod left within 2 minutes
    And these connections are as expected
      | from                          | to            | expected |
      | frontend                      | backend:8000  | allowed  |
      | backend                       | database:5432 | allowed  |
      | frontend                      | database:5432 | blocked  |
      | stranger                      | database:5432 | blocked  |
      | stranger in another namespace | outside:8080  | allowed  |
      | frontend                      | outside:8080  | blocked  |
      | backend                       | outside:8080  | blocked  |
      | database                      | outside:8080  | blocked  |
