Feature: Kept

  @image
  Scenario: The image is there
    Given the images that the project builds
    Then each names a numeric user that is not root
