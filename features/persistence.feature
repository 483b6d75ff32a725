@disruptive
Feature: Persistence
  What was acknowledged stays, whatever happens to the pods that hold it.

  Background:
    Given the chart is installed in a namespace of its own
    And 20 todos were created through the Ingress and acknowledged
    And the claim and volume of the "database"
    And the PostgreSQL system of the database

  @REQ-DAT-01 @REQ-DAT-04
  Scenario: The database pod is deleted
    Given the data directory of the database lies on the volume of its claim
    When every "database" pod is deleted and replaced within 2 minutes
    Then the new "database" pods have new UIDs
    And the claim and volume of the "database" are the same
    And the database is the same PostgreSQL system
    And every acknowledged todo is in the database

  @REQ-DAT-02
  Scenario: Every pod is deleted at once
    When every pod is deleted and replaced within 2 minutes
    Then the new pods have new UIDs
    And the claim and volume of the "database" are the same
    And the database is the same PostgreSQL system
    And every acknowledged todo is in the database
    And every acknowledged todo is listed through the Ingress within 30 seconds

  @serial @REQ-DAT-03
  Scenario: The node of the database restarts
    When the node of the "database" restarts and its containers run anew within 3 minutes
    Then the claim and volume of the "database" are the same
    And the database is the same PostgreSQL system
    And every acknowledged todo is in the database
