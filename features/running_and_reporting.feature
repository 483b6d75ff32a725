Feature: Running and reporting
  The suite says what it did, what it did not and why, and it is never green for the wrong reason. Shown on the suites of small
  example projects, which run here as a user runs them.

  @static
  Rule: Before anything starts

    @REQ-RUN-01
    Scenario Outline: Mistakes in the features are told together, and nothing is started: <how>
      Given the example project "mistakes"
      When its suite runs with "<options>"
      Then it fails before anything is made ready
      And it says each of these once
        | line                                                                                                             |
        | the step definition is async and would never run; make it a plain function                                       |
        | features/empty.feature:2: the scenario "Nothing is said" has no steps                                            |
        | features/selling.feature:6: the tag @cutser is not known; did you mean @cluster?                                 |
        | features/selling.feature:7: the scenario of line 2 is named "Bread is sold" too                                  |
        | features/selling.feature:9: more than one step definition matches: Then it sells "bread" to "everybody"          |
        | features/selling.feature:12: no step definition for: Given a shop with 2 doors; a definition to paste            |
        | features/torn.feature:4: "It sells bread" cannot stand here                                                      |
        | @given(parsers.parse("a shop with {count:d} doors"))                                                             |
        | 7 mistakes in the features; nothing was run                                                                      |

      Examples:
        | how            | options |
        | alone          | -n 0    |
        | by two workers | -n 2    |

    @REQ-RUN-01
    Scenario: A phrase that nobody uses is told as soon as every feature can be read
      Given the example project "mistakes"
      And its "features/torn.feature" is gone
      When its suite runs with "-n 0"
      Then it fails before anything is made ready
      And it says each of these once
        | line                                                      |
        | no feature uses the step "nobody says this"; remove it, or use it |

  @static
  Rule: Settings

    @REQ-RUN-08
    Scenario: A variable counts more than the file
      Given the example project "statuses"
      And its variable "KUBE_ACCEPTANCE_TITLE" is "Loaves"
      When its suite runs with "-k Bread"
      Then it ends well, as "incomplete"
      And the title of its reports is "Loaves"

    @REQ-RUN-08
    Scenario: An option counts more than a variable
      Given the example project "statuses"
      And its variable "KUBE_ACCEPTANCE_TITLE" is "Loaves"
      When its suite runs with "-k Bread --title=Rolls"
      Then it ends well, as "incomplete"
      And the title of its reports is "Rolls"

    @REQ-RUN-08
    Scenario Outline: A setting that makes no sense is refused, and nothing is started: <what>
      Given the example project "statuses"
      And its variable "<variable>" is "<value>"
      When its suite runs with "<options>"
      Then it fails before anything is made ready
      And it says each of these once
        | line       |
        | <sentence> |

      Examples:
        | what                | variable                           | value | options      | sentence                                                                                  |
        | an unknown variable | KUBE_ACCEPTANCE_RELAESE            | shop  | -n 0         | the variable KUBE_ACCEPTANCE_RELAESE means nothing; did you mean KUBE_ACCEPTANCE_RELEASE? |
        | an unknown option   | KUBE_ACCEPTANCE_RELEASE            | shop  | --tilte=Shop | there is no option --tilte; did you mean --title?                                         |
        | a wrong value       | KUBE_ACCEPTANCE_MUTATION_THRESHOLD | 1000  | -n 0         | KUBE_ACCEPTANCE_MUTATION_THRESHOLD=1000: Input should be less than or equal to 100        |

    @REQ-RUN-08
    Scenario: What excuses a failure is said in the file alone
      Given the example project "statuses"
      And its variable "KUBE_ACCEPTANCE_QUARANTINE" is "[]"
      When its suite runs with "-n 0"
      Then it fails before anything is made ready
      And it says each of these once
        | line                                                                                 |
        | quarantine is said in pyproject.toml alone, where what excuses a failure is reviewed |

  @static
  Rule: What became of each scenario

    @REQ-RUN-04
    Scenario Outline: Every report tells what became of each scenario: <how>
      Given the example project "statuses"
      When its suite runs with "--repeat-failed 1 -m 'not slow' <options>"
      Then it fails after something was made ready
      And its data, JUnit file, Cucumber messages and living documentation tell of each scenario
        | scenario           | status  |
        | Bread is baked     | passed  |
        | Cake is baked      | failed  |
        | Pie is baked       | pending |
        | Biscuits are baked | skipped |
        | The oven is warm   | broken  |
        | Rolls are baked    | flaky   |

      Examples:
        | how            | options |
        | alone          | -n 0    |
        | by two workers | -n 2    |

    @REQ-RUN-04
    Scenario: A worker that dies breaks the scenario that it ran, and no other
      Given the example project "statuses"
      When its suite runs with "-n 2 -k 'Bread or lights'"
      Then it fails after something was made ready
      And its data, JUnit file, Cucumber messages and living documentation tell of each scenario
        | scenario          | status |
        | Bread is baked    | passed |
        | The lights go out | broken |

    @REQ-RUN-09
    Scenario: A run that is given its time begins what ends within it, and tells the rest
      Given the example project "statuses"
      And of earlier runs it remembers
        | scenario                                | seconds |
        | features/bakery.feature::Bread is baked | 0.1     |
        | features/bakery.feature::Cake is baked  | 3600    |
      When its suite runs with "--history history.jsonl --budget 30 -k 'Bread or Cake' -n 2"
      Then it ends well, as "incomplete"
      And its data, JUnit file, Cucumber messages and living documentation tell of each scenario
        | scenario       | status  |
        | Bread is baked | passed  |
        | Cake is baked  | skipped |
      And it says each of these once
        | line                                                                                       |
        | 1 scenario was not begun, since 30 min of --budget do not suffice; nothing is proved of it |

    @REQ-RUN-05
    Scenario: What passes only when repeated is no success
      Given the example project "statuses"
      When its suite runs with "--repeat-failed 2 -k Rolls"
      Then it fails after something was made ready
      And the scenario "Rolls are baked" is told as flaky after 1 failed attempt

    @REQ-RUN-05
    Scenario: A quarantine holds until its date
      Given the example project "statuses"
      And its quarantine is
        | scenario                                  | owner      | until    | reason             |
        | features/bakery.feature::Rolls are baked  | The bakers | tomorrow | the oven is tired  |
      When its suite runs with "--repeat-failed 1 -k Rolls"
      Then it ends well, as "incomplete"
      And the scenario "Rolls are baked" is told as flaky after 1 failed attempt
      When its suite runs with "--repeat-failed 1 -k Cake"
      Then it fails after something was made ready

    @REQ-RUN-05
    Scenario: A quarantine past its date fails the run, whatever its scenario does
      Given the example project "statuses"
      And its quarantine is
        | scenario                                 | owner      | until     | reason         |
        | features/bakery.feature::Bread is baked  | The bakers | yesterday | it was burnt   |
      When its suite runs with "-k Bread"
      Then it fails before anything is made ready
      And it says each of these once
        | line                                                          |
        | the quarantine of "features/bakery.feature::Bread is baked"   |

  @cluster
  Rule: On a cluster

    @REQ-RUN-06
    Scenario: Two workers share a cluster and a release, and a serial scenario runs alone
      Given the example project "shop" on this cluster
      When its suite runs with "-n 2 -m 'not slow' --seed 7"
      Then it ends well, as "incomplete"
      And it says each of these once
        | line   |
        | seed 7 |
      And its 6 scenarios ran on 2 workers, of which some overlapped
      And they used 2 releases: one that they shared and one for the disruptive scenario alone
      And no scenario ran while "The shop is cleaned" did

    @REQ-RUN-03 @REQ-SEC-05
    Scenario: A failure leaves its evidence, without secrets
      Given the example project "shop" on this cluster
      And its password is a canary
      When its suite runs with "-m slow"
      Then it fails after something was made ready
      And the evidence of "The customer is king" holds these files
        | file             |
        | events.txt       |
        | describe.txt     |
        | nodes.txt        |
        | helm-history.txt |
        | objects.yaml     |
      And a log among it says "the password is [redacted]"
      And a log among it says "as basic authentication: [redacted]"
      And a log among it says "in hex: [redacted]"
      And none of its reports holds the password in any form
