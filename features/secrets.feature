Feature: Secrets
  A secret that the release is given is where it must be and nowhere else. Shown on canaries: random values that nobody else
  knows, looked for plain, in hex, in base64 at each of its three places, and as URLs, JSON and HTML write them. A place is free
  of them only when the same look has found another one there, which was planted.

  @disruptive @REQ-SEC-05
  Scenario: The passwords stand in their Secret and in the containers that use them, and nowhere else
    Given a namespace of its own, in whose Secret "passwords" each of the keys "password, admin-password" holds a canary
    And the chart is installed there with "database.existingSecret" set to "passwords"
    And a canary is planted in every kind of place
    When the release is upgraded with "backup.keep" set to 3, and ready within 2 minutes
    And a backup is made, and another one waits for the database
    And a restore waits for the database
    And the pods are asked for these addresses
      | component | address                                |
      | frontend  | http://localhost:3000/                 |
      | frontend  | http://localhost:3000/no-such-page     |
      | backend   | http://localhost:8000/readyz           |
      | backend   | http://localhost:8000/metrics          |
      | backend   | http://localhost:8000/openapi.json     |
      | backend   | http://localhost:8000/api/todos/no-id  |
    Then the canaries stand in these places and nowhere else
      | place                     | password  | admin-password |
      | the Secret                | there     | there          |
      | mounts of backend         | there     | not there      |
      | mounts of backup          | there     | not there      |
      | mounts of restore         | there     | not there      |
      | mounts of passwords       | there     | there          |
      | mounts of postgresql      | not there | not there      |
      | mounts of frontend        | not there | not there      |
      | other files of containers | not there | not there      |
      | environments of processes | not there | not there      |
      | arguments of processes    | not there | not there      |
      | image layers              | not there | not there      |
      | image configurations      | not there | not there      |
      | ConfigMaps                | not there | not there      |
      | other objects             | not there | not there      |
      | Helm's history            | not there | not there      |
      | logs                      | not there | not there      |
      | events                    | not there | not there      |
      | answers over HTTP         | not there | not there      |

  @static @REQ-SEC-05
  Scenario: Helm never sees the passwords of an installation like production
    Given the chart with the values file "values-prodlike.yaml"
    Then it renders no Secret, unlike with its own values

  @cluster @REQ-SEC-05
  Scenario: Passwords that the chart makes are known to Helm, which the notes say
    Given the chart is installed
    Then the values of the Secret "${RELEASE}-database" stand in Helm's history
    And the notes of the release say "Helm's history holds the passwords"

  @disruptive
  Rule: Rotation
    A change of the Secret is all that it takes: the roles get the new passwords, the backend reads them when it connects.

    @REQ-SEC-06 @REQ-CFG-02
    Scenario: The passwords of a Secret of one's own are rotated
      Given a namespace of its own, in whose Secret "passwords" each of the keys "password, admin-password" holds a canary
      And the chart is installed there with "database.existingSecret" set to "passwords"
      And writes go on all the while, 20 of them acknowledged each way
      And the passwords of the Secret "passwords" open the database from a backend pod
      When each of them is replaced in the Secret by a random one
      Then the new passwords open the database from a backend pod within 3 minutes
      And the old passwords are refused there
      When the open sessions of the application are ended
      Then every backend pod has opened another one within 2 minutes
      And every acknowledged write is stored, and nothing else
      And no pod has been replaced
      And no container has restarted

    @REQ-SEC-06
    Scenario: The passwords that the chart has made are rotated, and a rollback leaves the new ones
      Given the chart is installed in a namespace of its own
      And writes go on all the while, 20 of them acknowledged each way
      And the passwords of the Secret "${RELEASE}-database" open the database from a backend pod
      When each of them is replaced in the Secret by a random one
      Then the new passwords open the database from a backend pod within 3 minutes
      And the old passwords are refused there
      When the release is upgraded with "backup.keep" set to 3, and ready within 2 minutes
      And the release is rolled back to revision 1, and ready within 2 minutes
      Then the new passwords open the database from a backend pod
      And every acknowledged write is stored, and nothing else
      And no pod has been replaced
      And no container has restarted
