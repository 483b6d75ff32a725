@static
Feature: Traceability
  Constitution, specification, tasks, files, objects and scenarios agree, in both directions.

  @REQ-TRC-01
  Scenario: Deployment files and objects name tasks that exist
    Then every deployment file names a task that exists and that lists the file
    And every object that the chart renders names a task that exists

  @REQ-TRC-02
  Scenario: Tasks belong to requirements, and their files exist
    Then every task belongs to requirements that exist
    And the files of every finished task exist
    And every file of the project belongs to a task

  @REQ-TRC-03
  Scenario: Requirements and scenarios agree
    Then every covered requirement has a scenario, and every scenario a requirement
    And no requirement that is not yet covered claims a scenario

  @REQ-TRC-04
  Scenario: Every clause of the constitution is fulfilled by requirements
    Then every clause of the constitution is fulfilled by requirements that exist

  @REQ-TRC-05
  Scenario: Every mutant names a scenario that must notice it
    Then every mutant names a requirement and a scenario that exist

  @REQ-TRC-06
  Scenario: Deviations are approved and recorded
    Then the constitution states its edition, and every amendment its reason and approval
