Feature: Selling
  Scenario: Bread is sold
    Given a shop
    Then it sells "bread"

  @cutser
  Scenario: Bread is sold
    Given a shop
    Then it sells "bread" to "everybody"

  Scenario: It opens
    Given a shop with 2 doors
    Then it closes at night
