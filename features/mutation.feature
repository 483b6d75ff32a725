@static
Feature: Mutation testing of a deployment
  What makes a green run believable: each protection that the deployment has is taken away in turn, and a scenario must go red for it.
  Shown on a small chart whose scenarios need no cluster; the score of this project's own chart is part of the living documentation.

  Rule: Mutants come from what is deployed

    @REQ-MUT-01
    Scenario: Operators find what can be taken away from any chart
      Given the example project "tests/charts/guarded"
      When "kube-acceptance mutate" runs there with "--list"
      Then it ends well
      And it lists mutants of each of these kinds, and 150 at least
        | mutant                                                              | takes away                                            |
        | policy-removed.networkpolicy-shop-ledger                            | NetworkPolicy shop-ledger                             |
        | policy-rule-for-anybody.networkpolicy-shop-till.rule-1-of-ingress   | the peers of rule 1 of ingress                        |
        | token-mounted.deployment-shop-till                                  | no token of the API server                            |
        | root-allowed.statefulset-shop-ledger                                | runAsNonRoot of the pods of StatefulSet shop-ledger   |

  Rule: What became of each

    @REQ-MUT-03
    Scenario: A mutant is killed for the right reason, or it is told what it was
      Given the example project "tests/charts/guarded"
      When "kube-acceptance mutate" runs there with "policy-removed.*-ledger root-allowed.*-ledger pods-no-history.*-till"
      Then it says of each of these mutants
        | mutant                                                       | verdict  | because                       |
        | policy-removed.networkpolicy-shop-ledger                     | killed   | is blocked, expected allowed  |
        | root-allowed.statefulset-shop-ledger                         | killed   | may run as root               |
        | pods-no-history.deployment-shop-till                         | survived |                               |

    @REQ-MUT-03
    Scenario: Nothing counts where the control is not green
      Given the example project "tests/charts/guarded"
      And in its "chart/values.yaml" "replicas: 2" is "replicas: 3"
      When "kube-acceptance mutate" runs there with "policy-removed.*"
      Then it ends badly, and says "is not green without any mutant, so nothing counts"
      And nothing of it is kept

  Rule: People read the score

    @REQ-MUT-04
    Scenario: The living documentation tells how many were killed, and of each survivor what nobody notices
      Given the example project "tests/charts/guarded"
      And nobody has to notice these of its mutants until tomorrow
        | mutant                   | because                           |
        | pods-no-history.*-ledger | nobody goes back to an old ledger |
      When its suite runs with "-q"
      And "kube-acceptance mutate" runs there with "policy-removed.*-ledger pods-no-history.* --threshold 60"
      Then it ends badly, and says "1 of 2 mutants that count were killed, 50 %, which is below the threshold of 60 %"
      And its living documentation says what became of these mutants
        | fate       | sentence                                                                                             |
        | killed     | Without NetworkPolicy shop-ledger, which says who may connect to the pods of StatefulSet shop-ledger |
        | survived   | Nothing notices that Deployment shop-till keeps none of its former versions                          |
        | equivalent | Nothing notices that StatefulSet shop-ledger keeps none of its former versions                       |
        | equivalent | nobody goes back to an old ledger                                                                    |
      And its living documentation says how many were killed of the mutants of each of these
        | part                      | killed |
        | REQ-SHOP-01               | 1 of 2 |
        | NetworkPolicy shop-ledger | 1 of 1 |
        | Deployment shop-till      | 0 of 1 |

  Rule: It can be broken off

    @REQ-MUT-02 @REQ-MUT-05
    Scenario: A round that is killed at any moment leaves the sources alone, and goes on where it was
      Given the example project "tests/charts/guarded"
      And its files as they are now
      When "kube-acceptance mutate" is killed 5 times there with "policy-* --sample 12 --seed 1", and runs again
      Then it ends well
      And its files are the same as before
      And no mutant was judged twice
