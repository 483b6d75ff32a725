@disruptive
Feature: Persistence
  What was acknowledged stays, whatever happens to the pods that hold it. A pod out of the reach of the faults writes todos all
  the while, straight to the backend and through the Ingress, and keeps a record of what was acknowledged.

  Background:
    Given the chart is installed in a namespace of its own
    And writes go on all the while, 20 of them acknowledged each way
    And the database as it is now

  @REQ-DAT-01 @REQ-DAT-04 @REQ-DUR-01 @REQ-DUR-02
  Scenario: The database pod is deleted
    When every "database" pod is deleted and replaced within 2 minutes
    Then the writes are interrupted, and go on within 1 minute
    And every acknowledged write is stored, and nothing else
    And the database is the same as before, and durable
    And the new "database" pods have new UIDs

  @REQ-DAT-02 @REQ-DUR-01 @REQ-DUR-02
  Scenario: Every pod is deleted at once
    When every pod is deleted and replaced within 2 minutes
    Then the writes are interrupted, and go on within 1 minute
    And every acknowledged write is stored, and nothing else
    And every acknowledged write is listed through the Ingress
    And the database is the same as before, and durable
    And the new pods have new UIDs

  @REQ-DUR-01
  Scenario: The process of every backend container is killed
    When the process of every "backend" container is killed, and anew within 1 minute
    Then the writes are interrupted, and go on within 1 minute
    And every acknowledged write is stored, and nothing else
    And the database is the same as before, and durable

  @serial @REQ-DAT-03
  Scenario: The node of the database restarts
    When the node of the "database" restarts and its containers run anew within 3 minutes
    Then the writes are interrupted, and go on within 3 minutes
    And every acknowledged write is stored, and nothing else
    And the database is the same as before, and durable
