@disruptive
Feature: Releases
  What goes wrong with a release does no harm, what is uninstalled is gone, and releases leave each other alone.

  @REQ-OPS-05
  Rule: A broken release does no harm
    Todos are written all the while, straight to the backend and through the Ingress.

    Background:
      Given the chart is installed in a namespace of its own
      And writes go on all the while, 20 of them acknowledged each way
      And the database as it is now

    Scenario: An upgrade of the application that cannot become ready leaves the old version serving
      Given the "backend" pods as they are now
      When the upgrade of the release with "backend.replicas" set to "two" is refused: "/backend/replicas"
      Then the release is at revision 1
      When the upgrade of the release with "backend.resources.requests.cpu" set to "8" is refused: "must be less than or equal to cpu limit"
      Then the release has the status "failed"
      When the release is rolled back to revision 1, and ready within 2 minutes
      And the release is upgraded with "images.backend.repository" set to "registry.invalid/todo-backend", and fails within 3 minutes: "cannot be pulled"
      Then only the "backend" pods of before are ready, and no other one ever was
      And the writes go on, interrupted for 10 seconds at most
      When the release is rolled back to revision 1, and ready within 2 minutes
      And the release is upgraded to a chart in whose "templates/backend/deployment.yaml" "path: /readyz" is "path: /no-such-path", and fails within 3 minutes: "the readiness probe of container backend"
      Then only the "backend" pods of before are ready, and no other one ever was
      And the writes go on, interrupted for 10 seconds at most
      When the release is rolled back to revision 1, and ready within 2 minutes
      Then the "backend" pods are the same as before
      And the writes go on, interrupted for 10 seconds at most
      And every acknowledged write is stored, and nothing else
      And the database is the same as before, and durable

    Scenario: Helm itself gives up in time, and rolls back
      Given all pods as they are now
      When Helm is told to upgrade the release with "images.frontend.repository" set to "registry.invalid/todo-frontend", or to roll it back after 30 seconds, and has to
      Then the release has the status "deployed"
      And the release is at revision 3
      And no pod has been replaced since then
      And every workload is rolled out with no old pod left within 1 minute
      And the writes go on, interrupted for 10 seconds at most
      And every acknowledged write is stored, and nothing else
      And the database is the same as before, and durable

    Scenario: A database that cannot start again is put back by a rollback, with its data
      There is one database pod, so writes are interrupted until then.

      When the release is upgraded with "images.postgres.repository" set to "registry.invalid/postgres", and fails within 3 minutes: "cannot be pulled"
      Then no write is acknowledged for 5 seconds, seen within 1 minute
      When the release is rolled back to revision 1, and ready within 3 minutes
      Then the writes are interrupted, and go on within 2 minutes
      And every acknowledged write is stored, and nothing else
      And the database is the same as before, and durable

  @REQ-OPS-06
  Rule: Uninstalling leaves only what is stated

    Scenario: What is left is the claims of the data and their passwords, or nothing where the values say so
      Given a namespace of its own, and all that is in it
      When the chart is installed there
      And a todo "Outlives the release" is created through the Ingress
      Then the notes of the release say "`helm uninstall` leaves the data, the backups and their passwords"
      When the release is uninstalled, and its pods are gone within 2 minutes
      Then nothing is there that was not before the installation, but these within 1 minute
        | kind                  | name                     |
        | PersistentVolumeClaim | data-${RELEASE}-database-0 |
        | PersistentVolumeClaim | ${RELEASE}-backup          |
        | Secret                | ${RELEASE}-database        |
      When the chart is installed there again, with "database.persistence.retain" set to false, and ready within 3 minutes
      Then the Ingress lists the todo "Outlives the release" within 1 minute
      And the database holds the todo "Outlives the release"
      When the release is uninstalled, and its pods are gone within 2 minutes
      Then nothing is there that was not before the installation within 2 minutes
      When the chart is installed again there
      Then every workload is rolled out with no old pod left within 3 minutes
      And the database does not hold the todo "Outlives the release"

  @REQ-OPS-07
  Rule: Two releases do not touch each other

    Scenario: Two releases in one namespace
      Given the cluster enforces network policies
      And the chart is installed in a namespace of its own
      And a second release of the chart, "second", is installed in the same namespace
      When a todo "Of the second" is created through the Ingress
      And the scenario turns to the first release
      And a todo "Of the first" is created through the Ingress
      Then the Ingress lists the todo "Of the first", and not "Of the second"
      And the database holds the todo "Of the first"
      And the database does not hold the todo "Of the second"
      And these connections are as expected
        | from               | to                             | expected |
        | frontend           | backend:8000                   | allowed  |
        | backend            | database:5432                  | allowed  |
        | frontend of second | backend of second:8000         | allowed  |
        | backend of second  | database of second:5432        | allowed  |
        | frontend           | backend of second:8000         | blocked  |
        | frontend           | service second-backend:8000    | blocked  |
        | backend            | database of second:5432        | blocked  |
        | backend            | service second-database:5432   | blocked  |
        | backend of second  | database:5432                  | blocked  |
        | frontend of second | backend:8000                   | blocked  |
      Given the second release as it is now, ready within 2 minutes
      When the release is upgraded with "backend.logLevel" set to "debug", and ready within 3 minutes
      And every pod is deleted and replaced within 2 minutes
      Then the second release is as it was before
      When the scenario turns to the second release
      Then the Ingress lists the todo "Of the second", and not "Of the first"
      Given the first release as it is now, ready within 2 minutes
      When the release is uninstalled, and its pods are gone within 2 minutes
      Then the first release is as it was before
      When the scenario turns to the first release
      Then the Ingress lists the todo "Of the first", and not "Of the second"
      And the database holds the todo "Of the first"

    Scenario: Two releases of one name in two namespaces
      Given the chart is installed in a namespace of its own
      And a second release of the chart is installed in another namespace
      When a todo "Of the second" is created through the Ingress
      And the scenario turns to the first release
      And a todo "Of the first" is created through the Ingress
      Then the Ingress lists the todo "Of the first", and not "Of the second"
      And the database does not hold the todo "Of the second"
      Given the second release as it is now, ready within 2 minutes
      When the release is uninstalled, and its pods are gone within 2 minutes
      Then the second release is as it was before
      When the scenario turns to the second release
      Then the Ingress lists the todo "Of the second", and not "Of the first"
      And the database holds the todo "Of the second"
