@disruptive
Feature: Migrations
  An upgrade from the version before brings the schema along and keeps what is stored, while todos are written all the while; a
  migration that fails leaves everything as it was. What a fresh installation does is told in installation.feature.

  Background:
    Given the previous version of the chart is installed in a namespace of its own

  @REQ-DUR-03
  Scenario: An upgrade adds the new column and keeps every row
    Given writes go on all the while, 20 of them acknowledged each way
    And the rows of the todos
    And the database as it is now
    Then the database is at the schema revision "0001"
    And the table of todos has no column "due_on"
    When the release is upgraded to this version, and ready within 3 minutes
    Then the "migration" Job said "Migrated the schema from 0001 to 0002."
    And no "backend" pod was ready before the "migration" Job said "Migrated the schema"
    And the database is at the schema revision "0002"
    And the table of todos has the column "due_on"
    And the writes go on, interrupted for 40 seconds at most
    And every acknowledged write is stored, and nothing else
    And each of these rows is there, and has what it had in every column
    And the database is the same as before, and durable
    When a todo "Renew the passport" that is due on "2031-04-30" is created through the Ingress
    Then the database holds the todo "Renew the passport" as due on "2031-04-30"

  @REQ-DUR-03
  Scenario: After a rollback the old version serves on the newer schema
    When the release is upgraded to this version, and ready within 3 minutes
    And a todo "Renew the passport" that is due on "2031-04-30" is created through the Ingress
    Given writes go on all the while, 20 of them acknowledged each way
    And the rows of the todos
    When the release is rolled back to revision 1, and ready within 3 minutes
    Then the "migration" Job said "Nothing to migrate: the schema is at 0002, 0001 is needed."
    And a GET of "http://localhost:8000/openapi.json" from every "backend" pod is answered with the field "info.version" equal to "0.1.0"
    And the database is at the schema revision "0002"
    And the writes go on, interrupted for 40 seconds at most
    And every acknowledged write is stored, and nothing else
    And each of these rows is there, and has what it had in every column
    When the todo "Renew the passport" is completed through the Ingress
    Then the database holds the todo "Renew the passport" as completed
    And the database holds the todo "Renew the passport" as due on "2031-04-30"

  @REQ-DUR-03
  Scenario: Of two migrations that start at once one migrates
    Given writes go on all the while, 20 of them acknowledged each way
    And the rows of the todos
    When 2 migrations to this version are started together while the todos are locked
    And the todos are unlocked, and the migrations end
    Then one of them has migrated the schema, each other found nothing to migrate, and all succeeded
    And the database is at the schema revision "0002"
    And the table of todos has the column "due_on"
    And the writes are interrupted, and go on within 1 minute
    And every acknowledged write is stored, and nothing else
    And each of these rows is there, and has what it had in every column

  @REQ-DUR-04
  Scenario: A migration that fails stops the rollout, and the next upgrade succeeds
    Given writes go on all the while, 20 of them acknowledged each way
    And the rows of the todos
    And the "backend" pods as they are now
    When somebody adds the column "due_on" to the table of todos by hand
    And the release is upgraded to this version, and fails within 3 minutes: "already exists"
    Then only the "backend" pods of before are ready, and no other one ever was
    And the writes go on, interrupted for 40 seconds at most
    And the writes go on without interruption
    And the database is at the schema revision "0001"
    And each of these rows is there, and has what it had in every column
    When somebody drops the column "due_on" again
    And the release is upgraded to this version, and ready within 3 minutes
    Then the database is at the schema revision "0002"
    And the writes go on, interrupted for 40 seconds at most
    And every acknowledged write is stored, and nothing else
    And each of these rows is there, and has what it had in every column
