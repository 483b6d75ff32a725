@cluster
Feature: Connectivity
  The tiers find each other by name, and a person finds the page through the Ingress.

  @REQ-CON-01
  Scenario: The frontend reaches the backend by service discovery
    Given the chart is installed
    When the frontend pod asks the cluster for the name of the backend
    Then it learns the address of the backend's Service
    And what the frontend pod fetches from that name is answered by a backend pod

  @REQ-CON-01
  Scenario Outline: Whoever knows the name of the <tier> knows its port
    Given the chart is installed
    Then the Service "${RELEASE}-<tier>" listens on port <port>

    Examples:
      | tier     | port |
      | frontend | 3000 |
      | backend  | 8000 |
      | database | 5432 |

  @REQ-CON-01
  Scenario: A request passes through every tier
    Given the chart is installed
    When a todo "Carry the piano upstairs" is created through the Ingress
    Then the database holds the todo "Carry the piano upstairs"
    And the Ingress lists the todo "Carry the piano upstairs"

  @REQ-CON-02
  Scenario: A person adds a todo in the browser, and it stays
    Given the chart is installed
    And a person opens the page through the Ingress
    When the person adds the todo "Water the lemon tree"
    Then the page lists "Water the lemon tree"
    And the page lists "Water the lemon tree" after a reload
    And the database holds the todo "Water the lemon tree"
    And the browser reported no error

  @REQ-CON-02
  Scenario: A person says when a todo is due, and it stays
    Given the chart is installed
    And a person opens the page through the Ingress
    When the person adds the todo "Fetch the skis", due on "2031-12-01"
    Then the page lists "Due 2031-12-01" after a reload
    And the database holds the todo "Fetch the skis" as due on "2031-12-01"
    And the browser reported no error

  @REQ-CON-02
  Scenario: A person completes and deletes a todo
    Given the chart is installed
    And a person opens the page through the Ingress
    When the person adds the todo "Return the library books"
    And the person completes the todo "Return the library books"
    Then the database holds the todo "Return the library books" as completed
    When the person deletes the todo "Return the library books"
    Then the page does not list "Return the library books" after a reload
    And the database does not hold the todo "Return the library books"

  @REQ-CON-03
  Scenario: A host that nobody asked for is not served
    Given the chart is installed
    Then the Ingress answers 200 for the release's host at "/healthz"
    And the Ingress answers 404 for the host "elsewhere.localhost" at "/healthz"
