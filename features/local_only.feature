Feature: Local only
  Everything that the application needs is in the cluster. Nothing of it looks for anything outside, and what tries to get there is
  refused.

  @REQ-LOC-02 @disruptive
  Scenario: Nothing leaves the cluster while the whole application is used, and an attempt is refused and seen
    The outside is a container on the cluster's own network. From the first packet of the first pod on, every node is watched.

    Given what leaves every pod of the cluster is watched
    And the chart is installed in a namespace of its own
    And the cluster enforces network policies
    And a person opens the page through the Ingress
    When the person adds the todo "Stay at home"
    And the person adds the todo "Water the plants", due on "2031-04-30"
    And the person completes the todo "Stay at home"
    And the person deletes the todo "Water the plants"
    Then the page lists "Stay at home" after a reload
    And the browser has asked nobody but the Ingress
    When the CronJob "${RELEASE}-backup" runs now, and its Job is complete within 2 minutes
    And each of these tries to connect to a host outside of the cluster
      | from                   |
      | frontend               |
      | backend                |
      | database               |
      | stand-in for migration |
      | stand-in for backup    |
    Then each attempt was seen to leave its pod, was refused, and did not arrive
    And nothing else has left the pods of the release for the outside
    And they have asked for no name outside of the cluster
    And no image was pulled for the pods of the release
    And no process of the release is told an address outside of the cluster

  @REQ-LOC-02 @image
  Scenario: The application in the images knows no host outside but those that are only mentioned
    What Next.js compiles of the frontend holds Next.js's own code, too. Packages are listed in their bills of materials; what any
    of them does while the application is used is seen above.

    Then the files of the images below "/app/todo_backend" name no host
    And the files of the images below "/app/.next" name these hosts and no others
      | host               | because                                                             |
      | nextjs.org         | messages of errors link to their explanation                        |
      | preview.nextjs.org | a message of an error links to its explanation                      |
      | react.dev          | messages of errors link to their explanation                        |
      | github.com         | comments and messages of errors link to discussions                 |
      | datatracker.ietf.org | comments name the standards of HTTP                               |
      | www.w3.org         | names of the XML name spaces of SVG and MathML, which nobody fetches |
      | a                  | where relative addresses begin while they are parsed                |
      | b                  | where relative addresses begin while they are parsed                |
      | n                  | where relative addresses begin while they are parsed                |
      | x                  | where relative addresses begin while they are parsed                |
