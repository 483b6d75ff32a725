Feature: Bills of materials
  Who runs an image must know what is in it: when a library turns out to be vulnerable, the question is which images hold it.
  A bill of materials is only worth as much as it is true, so each is compared with the image's disk in both directions.

  @image @REQ-SUP-06
  Rule: Every image has a bill of materials that is true

    Background:
      Given the images that the project builds, and "postgres:17-alpine"
      When their bills of materials are written

    Scenario: Each image has a bill of materials, and it hangs on the report
      Then each is a CycloneDX document that keeps its schema
      And they name packages of these kinds
        | image              | kinds                |
        | backend            | apk, pypi, generic   |
        | frontend           | apk, npm, generic    |
        | postgres:17-alpine | apk, generic, golang |
      And they tell the version of every component except "libffi, github.com/tianon/gosu"
      And each hangs on this report

    Scenario: The bills of materials agree with what is on disk
      Given these of their files the project itself put there, changed or took away
        | image              | path                                                                 |
        | backend            | /usr/local/lib/python3.*/site-packages/alembic/testing               |
        | backend            | /usr/local/lib/python3.*/site-packages/sqlalchemy/testing            |
        | backend            | /usr/local/lib/python3.*/site-packages/annotated_types/test_cases.py |
        | frontend           | /app/package.json                                                    |
        | frontend           | /app/.next/package.json                                              |
        | postgres:17-alpine | /usr/local/bin/docker-*.sh                                           |
      Then every component is on its image's disk, with the files and checksums that its record states
      And every package, program and library on an image's disk is in its bill

    Scenario: A bill of materials that is wrong is told from a right one
      Then bills with a package left out, made up or in another version are told from them
