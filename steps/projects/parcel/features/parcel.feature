@cluster
Feature: Parcel
  Scenario: It runs by its digest
    Given the chart is installed
    Then every pod runs an image by a digest of the registry
