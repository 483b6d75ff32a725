@cluster
Feature: Changes of network policies
  A change takes effect within its time, and only where it should. Connections are tried all the time, so that none that stays
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
    Then these connections change within 5 seconds, and no others
      | from     | to              | expected |
      | client   | server:8080     | blocked  |
      | client   | server:8080/UDP | blocked  |
      | stranger | server:8080     | blocked  |
    When a policy lets only pods with the label "access=granted" into "server" on port 8080
    Then these connections change within 5 seconds, and no others
      | from   | to              | expected |
      | client | server:8080     | allowed  |
      | client | server:8080/UDP | allowed  |
    When the policy of "server" is deleted
    Then these connections change within 5 seconds, and no others
      | from     | to          | expected |
      | stranger | server:8080 | allowed  |
