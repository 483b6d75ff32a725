@disruptive
Feature: Backups
  A backup is worth what a restore makes of it. Archives are therefore copied off the cluster and read there, restored where nothing
  of their source is left, and compared row by row; what is no whole archive is refused and changes nothing.

  @REQ-DUR-05
  Scenario: The schedule makes a backup that is whole and private, and the oldest go
    Given the chart is installed in a namespace of its own
    When a todo "Sentinel of the backup" is created through the Ingress
    And the release is upgraded with these values, and ready within 2 minutes
      | path            | value       |
      | backup.schedule | "* * * * *" |
      | backup.suspend  | false       |
      | backup.keep     | 2           |
    And the CronJob "${RELEASE}-backup" next runs by its schedule, and its Job is complete within 2 minutes
    And the release is upgraded with "backup.suspend" set to true, and ready within 2 minutes
    And the files of the claim "${RELEASE}-backup" are copied off the cluster, as the user 70
    Then every archive among these files is private and has its checksum, and nothing else is there
    And the newest of them has at least 2000 bytes, and holds the todo "Sentinel of the backup"
    And no value of the Secret "${RELEASE}-database" stands in the logs of the release
    When the commands of the notes below "Copy archives off the cluster" are run, and end within 1 minute
    Then they leave the files that were copied off the claim in the folder "archives"
    When the CronJob "${RELEASE}-backup" runs now, and its Job is complete within 1 minute
    And the files of the claim "${RELEASE}-backup" are copied off the cluster, as the user 70
    And the CronJob "${RELEASE}-backup" runs now, and its Job is complete within 1 minute
    Then of all archives just the newest 2 are left, which are the same as before

  @REQ-DUR-05
  Scenario: A backup that fails says why, and the last good one stays
    Given the chart is installed in a namespace of its own with these values
      | path        | value |
      | backup.keep | 1     |
    When the CronJob "${RELEASE}-backup" runs now, and its Job is complete within 1 minute
    And the files of the claim "${RELEASE}-backup" are copied off the cluster, as the user 70
    # the database goes while it is read, and is still away when the Job tries again
    And a backup waits for the database
    And the StatefulSet "${RELEASE}-database" is scaled to 0 within 1 minute
    And that backup has failed within 2 minutes
    Then that Job has said "backup failed: pg_dump of todo at ${RELEASE}-database ended with status 1"
    And the files of the claim "${RELEASE}-backup" are the same as before
    When the StatefulSet "${RELEASE}-database" is scaled to 1 within 1 minute
    And the release is upgraded with "backup.minimumBytes" set to 1000000, and ready within 2 minutes
    And the CronJob "${RELEASE}-backup" runs now, and its Job has failed within 2 minutes
    Then that Job has said "bytes, at least 1000000 were expected"
    And the files of the claim "${RELEASE}-backup" are the same as before
    When the release is upgraded with "backup.minimumBytes" set to 1000, and ready within 2 minutes
    And the CronJob "${RELEASE}-backup" runs now, and its Job is complete within 1 minute
    Then of all archives just the newest 1 are left, which are the same as before

  @REQ-DUR-06
  Scenario: Everything is lost, and a new release elsewhere holds what the archive holds
    Given the chart is installed in a namespace of its own
    And todos of every kind were created through the Ingress, one of them completed
    And the todos of the database as they are now
    When the CronJob "${RELEASE}-backup" runs now, and its Job is complete within 1 minute
    And a todo "Written after the backup" is created through the Ingress
    And the files of the claim "${RELEASE}-backup" are copied off the cluster, as the user 70
    And the namespace of the release is destroyed, and its volumes are gone within 3 minutes
    Given another namespace, for a release that is not installed yet
    When these objects are applied
      """
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: archives}
      spec:
        accessModes: [ReadWriteOnce]
        resources: {requests: {storage: 64Mi}}
      """
    And these files are copied into the claim "archives"
    And the chart is installed there, to restore the newest archive of the claim "archives"
    Then the database holds just those todos, the same in every column
    And the database does not hold the todo "Written after the backup"
    And the database is at the newest schema revision
    And every table of the database belongs to the application's role
    And the database itself refuses a todo without a title
    And no value of the Secret "${RELEASE}-database" stands in the logs of the release
    When a todo "Written after the restore" is created through the Ingress
    Given the todos of the database as they are now
    When the release is upgraded with "backup.keep" set to 3, and ready within 2 minutes
    Then every "migration" pod has logged "restored already" within 30 seconds
    And the database holds just those todos, the same in every column
    # archives go on into the claim that was brought along
    When the CronJob "${RELEASE}-backup" runs now, and its Job is complete within 1 minute
    And the files of the claim "archives" are copied off the cluster, as the user 70
    Then every archive among these files is private and has its checksum, and nothing else is there
    And the newest of them has at least 2000 bytes, and holds the todo "Written after the restore"

  @REQ-DUR-06
  Scenario: An archive of the previous version is brought up to date
    Given the previous version of the chart is installed in a namespace of its own
    And todos of every kind were created through the Ingress, one of them completed
    And the rows of the todos
    When the CronJob "${RELEASE}-backup" runs now, and its Job is complete within 1 minute
    And the files of the claim "${RELEASE}-backup" are copied off the cluster, as the user 70
    Given another namespace, for a release that is not installed yet
    When these objects are applied
      """
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: archives}
      spec:
        accessModes: [ReadWriteOnce]
        resources: {requests: {storage: 64Mi}}
      """
    And these files are copied into the claim "archives"
    And the chart is installed there, to restore the newest archive of the claim "archives"
    Then the "migration" Job said "Migrated the schema from 0001 to 0002."
    And the database is at the newest schema revision
    And each of these rows is there, and has what it had in every column

  @REQ-DUR-08
  Scenario: What is no whole archive is refused, and an empty database stays empty
    Given the chart is installed in a namespace of its own
    And todos of every kind were created through the Ingress, one of them completed
    And the todos of the database as they are now
    When the CronJob "${RELEASE}-backup" runs now, and its Job is complete within 1 minute
    And the files of the claim "${RELEASE}-backup" are copied off the cluster, as the user 70
    Given it lies on its claim as these archives, too
      | archive     | content         | checksum |
      | good.dump   | whole           | this     |
      | cut.dump    | cut short       | whole    |
      | recut.dump  | cut short       | this     |
      | longer.dump | one byte longer | whole    |
      | bare.dump   | whole           | none     |
    When the release is uninstalled
    And the PersistentVolumeClaim "data-${RELEASE}-database-0" is deleted and gone within 2 minutes
    And the release is upgraded with these values, and fails within 2 minutes: "there is no archive absent.dump; there is: bare.dump cut.dump good.dump"
      | path                   | value       |
      | migration.backoffLimit | 0           |
      | restore.archive        | absent.dump |
    Then the database holds no table at all
    When the release is upgraded with "restore.archive" set to "longer.dump", and fails within 1 minute: "the archive longer.dump does not match its checksum"
    Then the database holds no table at all
    When the release is upgraded with "restore.archive" set to "cut.dump", and fails within 1 minute: "the archive cut.dump does not match its checksum"
    Then the database holds no table at all
    When the release is upgraded with "restore.archive" set to "recut.dump", and fails within 1 minute: "the archive recut.dump cannot be read"
    Then the database holds no table at all
    When the release is upgraded with "restore.archive" set to "bare.dump", and fails within 1 minute: "the archive bare.dump has no checksum beside it"
    Then the database holds no table at all
    When the release is upgraded with "restore.archive" set to "good.dump", and ready within 2 minutes
    Then the database holds just those todos, the same in every column

  @REQ-DUR-08
  Scenario: A database that holds todos is never restored into, and serves on
    Given the chart is installed in a namespace of its own with these values
      | path                   | value |
      | migration.backoffLimit | 0     |
    And todos of every kind were created through the Ingress, one of them completed
    When the CronJob "${RELEASE}-backup" runs now, and its Job is complete within 1 minute
    And a todo "Written after the backup" is created through the Ingress
    And the files of the claim "${RELEASE}-backup" are copied off the cluster, as the user 70
    Given it lies on its claim as these archives, too
      | archive    | content   | checksum |
      | good.dump  | whole     | this     |
      | recut.dump | cut short | this     |
    And the "backend" pods as they are now
    And writes go on all the while, 10 of them acknowledged each way
    When the release is upgraded with "restore.archive" set to "good.dump", and fails within 1 minute: "holds alembic_version, todos already"
    And the release is upgraded with "restore.archive" set to "recut.dump", and fails within 1 minute: "holds alembic_version, todos already"
    And the release is upgraded with "restore.archive" set to "absent.dump", and fails within 1 minute: "holds alembic_version, todos already"
    Then the writes go on, interrupted for 10 seconds at most
    And the "backend" pods are the same as before
    And every acknowledged write is stored, and nothing else
    And the database holds the todo "Written after the backup"
    When the release is upgraded with "restore.archive" set to "", and ready within 2 minutes
    Then the database holds the todo "Written after the backup"
