@cluster
Feature: What network policies mean
  What a network policy means is computed from the object alone, by its specification. That computation is no better than its proof:
  random sets of policies, with everything that the specification knows, are enforced by the cluster, and every pair of pods is probed.

  @REQ-POL-06 @slow
  Scenario: The cluster does what random policies mean
    Given the cluster enforces network policies
    Then the cluster does what 40 random sets of network policies mean
