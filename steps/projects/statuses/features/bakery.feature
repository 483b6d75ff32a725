Feature: Bakery
  Scenario: Bread is baked
    Given a bakery
    Then there is bread

  Scenario: Cake is baked
    Given a bakery
    Then there is cake
    And there is bread

  Scenario: Pie is baked
    Given a bakery
    Then there is pie

  Scenario: Biscuits are baked
    Given a bakery
    Then there are biscuits on Sundays only
    And there is bread

  Scenario: The oven is warm
    Given a bakery
    And an oven
    Then there is bread

  Scenario: Rolls are baked
    Given a bakery
    Then there are rolls at the second look

  @slow
  Scenario: The lights go out
    Given a bakery
    Then the lights go out
