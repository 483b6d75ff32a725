@cluster
Feature: Connections
  A shop without any network policy.

  Background:
    Given the chart is installed
    And the cluster enforces network policies

  Scenario: A table leaves out pairs
    Then every connection is as this complete table says
      | from        | to         | expected |
      | the release | all others | allowed  |
      | all others  | all others | allowed  |

  Scenario: A default row promises too much
    Then every connection is as this complete table says
      | from          | to            | expected |
      | all others    | all others    | allowed  |
      | the release   | all others    | allowed  |
      | anything else | anything else | blocked  |
