@cluster
Feature: Shop
  Scenario Outline: Customer <customer> is served
    Given the chart is installed
    When business is done

    Examples:
      | customer |
      | 1        |
      | 2        |
      | 3        |
      | 4        |

  @serial
  Scenario: The shop is cleaned
    Given the chart is installed
    When business is done

  @disruptive
  Scenario: The shop is rebuilt
    Given the chart is installed in a namespace of its own
    When business is done

  @slow
  Scenario: The customer is king
    Given the chart is installed
    Then the customer is king
