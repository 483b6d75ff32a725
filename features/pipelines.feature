Feature: Pipelines
  Each run of a pipeline may have another machine. What to write in a pipeline is in docs/pipelines.md.

  @REQ-ENV-09 @image @serial
  Scenario: What one machine has built, the next one need not build
    Given the example project "kept"
    And Docker has none of its images
    When its suite runs with "-n 0"
    Then it ends well, as "passed"
    And its image "kept-web" was built
    When its images go by way of a folder to a machine whose Docker has none of them
    And its suite runs with "-n 0"
    Then it ends well, as "passed"
    And its image "kept-web" was there
