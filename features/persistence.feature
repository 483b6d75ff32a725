@disruptive
Feature: Persistence
  What was acknowledged stays, whatever happens to the pods that hold it. A pod out of the reach of the faults writes todos all
  the while, straight to the backend and through the Ingress, and keeps a record of what was acknowledged.

  Rule: Faults strike while writes go on

    Background:
      Given the chart is installed where faults strike
      And writes go on all the while, 20 of them acknowledged each way
      And the database as it is now

    @REQ-DAT-01 @REQ-DAT-04 @REQ-DUR-01 @REQ-DUR-02
    Scenario: The database pod is deleted
      When every "database" pod is deleted and replaced within 2 minutes
      Then the writes are interrupted, and go on within 1 minute
      And every acknowledged write is stored, and nothing else
      And the database is the same as before, and durable
      And the new "database" pods have new UIDs

    @REQ-DAT-02 @REQ-DUR-01 @REQ-DUR-02
    Scenario: Every pod is deleted at once
      When every pod is deleted and replaced within 2 minutes
      Then the writes are interrupted, and go on within 1 minute
      And every acknowledged write is stored, and nothing else
      And every acknowledged write is listed through the Ingress
      And the database is the same as before, and durable
      And the new pods have new UIDs

    @REQ-DUR-01
    Scenario: The process of every backend container is killed
      When the process of every "backend" container is killed, and anew within 1 minute
      Then the writes are interrupted, and go on within 1 minute
      And every acknowledged write is stored, and nothing else
      And the database is the same as before, and durable

    @REQ-DUR-01
    Scenario: The database's server process is killed
      When the database's server is stopped, and its lock files name a process that its next container has too
      And the process of the container "postgresql" in every "database" pod is killed, and anew within 1 minute
      Then the writes are interrupted, and go on within 1 minute
      And every acknowledged write is stored, and nothing else
      And the database is the same as before, and durable
      And another server on the database's volume does not start, because it is held

    @REQ-DUR-01
    Scenario: The database is frozen with all its processes, and thawed
      When every process of the container "postgresql" in every "database" pod is frozen
      Then no write is acknowledged for 10 seconds, seen within 1 minute
      When what was frozen goes on
      Then the writes are interrupted, and go on within 1 minute
      And every acknowledged write is stored, and nothing else
      And the database is the same as before, and durable

    @REQ-DUR-01
    Scenario: Every workload is restarted at once
      When every workload is restarted, and has new pods within 2 minutes
      Then the writes are interrupted, and go on within 1 minute
      And every acknowledged write is stored, and nothing else
      And the database is the same as before, and durable
      And every workload is rolled out with no old pod left within 2 minutes

    @REQ-DUR-01
    Scenario: An upgrade replaces the database pod, and so does the rollback
      When the release is upgraded with "database.resources.limits.memory" set to "320Mi", and every "database" pod replaced within 2 minutes
      Then the writes are interrupted, and go on within 1 minute
      And the database is the same as before, and durable
      And the new "database" pods have new UIDs
      When the release is rolled back to revision 1, and every "database" pod replaced within 2 minutes
      Then the writes are interrupted, and go on within 1 minute
      And every acknowledged write is stored, and nothing else
      And the database is the same as before, and durable
      And the new "database" pods have new UIDs

    @REQ-DUR-07
    Scenario: The release is uninstalled, and installed again on the claim that was kept
      When the release is uninstalled, and its pods are gone within 2 minutes
      And the chart is installed again there
      Then the writes are interrupted, and go on within 3 minutes
      And every acknowledged write is stored, and nothing else
      And the database is the same as before, and durable

    @serial @REQ-DAT-03 @REQ-DUR-01
    Scenario: The node of the database restarts
      When the node of the "database" restarts and its containers run anew within 3 minutes
      Then the writes are interrupted, and go on within 3 minutes
      And every acknowledged write is stored, and nothing else
      And the database is the same as before, and durable

    @serial @REQ-DUR-01
    Scenario: The node of the database is drained, and takes pods again
      Given every node takes pods
      When the node of the "database" is drained of the release within 2 minutes
      Then every "frontend" pod is ready on another node than the drained one within 1 minute
      And the "database" waits for the drained node, where its volume is
      And no write is acknowledged for 5 seconds, seen within 1 minute
      When the drained node takes pods again
      Then the writes are interrupted, and go on within 3 minutes
      And every acknowledged write is stored, and nothing else
      And the database is the same as before, and durable
      And every "backend" pod is ready on another node than the drained one within 1 minute

  Rule: Faults of a volume strike while writes go on

    @REQ-DUR-01
    Scenario: The database's volume is full, and has room again
      Given a volume of just "128Mi" with the storage class "bounded" for the claim "data-${RELEASE}-database-0"
      And the chart is installed in a namespace of its own with these values
        | path                              | value   |
        | database.persistence.storageClass | bounded |
        | database.persistence.size         | 128Mi   |
      And writes go on all the while, 20 of them acknowledged each way
      And the database as it is now
      When the volume of the "database" is filled
      Then no write is acknowledged for 5 seconds, seen within 2 minutes
      And every "database" pod has logged "No space left on device"
      When the volume of the "database" has room again
      Then the writes are interrupted, and go on within 3 minutes
      And every acknowledged write is stored, and nothing else
      And the database is the same as before, and durable
