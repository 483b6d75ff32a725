Feature: Flaws
  What no scanner can assess, whoever asks.

  @image
  Scenario: There is no database of vulnerabilities
    Given the image "alpine:3.23"
    When their packages are assessed
    Then the gate lets every image pass

  @image
  Scenario: The database knows another release of Alpine
    Given the image "alpine:3.23"
    And a scanner whose database is "the small list for Alpine 3.22 alone"
    When their packages are assessed
    Then the gate lets every image pass

  @image
  Scenario: Nothing is known of the image
    Given the image "alpine:3.23"
    When their packages are assessed
    Then none of their "apk" packages is assessed, because "there is no database of vulnerabilities"
