Feature: Torn
  Scenario: A line that is no step
    Given a shop
    It sells bread
