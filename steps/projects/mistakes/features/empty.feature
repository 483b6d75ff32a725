Feature: Empty
  Scenario: Nothing is said
