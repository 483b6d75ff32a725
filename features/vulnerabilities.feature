Feature: Vulnerabilities
  Every package of every image is looked up by scanners that others keep well, against data whose age is stated and limited. One gate
  decides. A scanner that knows nothing of a distribution finds nothing in it, and says so in the words of one that knows everything:
  so a package counts as assessed only where, in the same look, the scanner found a control of its kind that is known to be vulnerable.
  What is not assessed is never called free of vulnerabilities: it fails where an assessment is required, and is skipped and told elsewhere.

  @image
  Rule: As the world knows them

    @REQ-SUP-07
    Scenario: No image holds a package with a known vulnerability that the gate refuses
      Given the images that the project builds and those that its chart names
      When their packages are assessed
      Then the gate lets every image pass

  @image
  Rule: Against a small list of published advisories, which proves the gate and not the images

    @REQ-SUP-07
    Scenario: The project's images hold no package that is on the small list
      Given the images that the project builds
      And a scanner whose database is "the small list of advisories"
      When their packages are assessed
      Then all their packages of "apk, pypi, npm" are assessed, and none is known to be vulnerable

    @REQ-SUP-07
    Scenario: An image with known vulnerabilities is refused, and the gate names them
      Given an image with a vulnerable package of each kind
      And a scanner whose database is "the small list of advisories"
      When their packages are assessed
      Then the gate refuses it for these vulnerabilities and no others
        | package | version  | vulnerability       | severity | fixed in |
        | expat   | 2.4.1-r0 | CVE-2022-25235      | critical | 2.4.5-r0 |
        | jinja2  | 2.10     | GHSA-462w-v97r-4m45 | high     | 2.10.1   |
        | lodash  | 4.17.4   | GHSA-jf85-cpcp-j695 | critical | 4.17.12  |
      And the gate says
        | of      | words                                                                                                              |
        | refused | the pypi package jinja2 2.10 has GHSA-462w-v97r-4m45 (CVE-2019-10906), severity high, fixed in 2.10.1 |

    @REQ-SUP-07
    Scenario: What is excused passes until its day, and is told
      Given an image with a vulnerable package of each kind
      And a scanner whose database is "the small list of advisories"
      And these exceptions
        | id                  | package | reason                   | days |
        | CVE-2022-25235      | expat   | only a note is installed | 1    |
        | CVE-2019-10906      | jinja2  | nothing runs it          | 0    |
        | GHSA-jf85-cpcp-j695 | lodash  | nothing runs it          | 30   |
      When their packages are assessed
      Then the gate lets every image pass
      And the gate says
        | of      | words                                                           |
        | excused | expat 2.4.1-r0 has CVE-2022-25235, severity critical, fixed in  |
        | excused | : only a note is installed                                      |

    @REQ-SUP-07
    Scenario: An exception that has ended excuses nothing, and one that nothing needs must go
      Given an image with a vulnerable package of each kind
      And a scanner whose database is "the small list of advisories"
      And these exceptions
        | id             | package | reason                   | days |
        | CVE-2022-25235 | expat   | only a note is installed | -1   |
        | CVE-2019-10906 | jinja2  | nothing runs it          | 1    |
        | CVE-2019-10744 | jinja2  | that is lodash's         | 1    |
      When their packages are assessed
      Then the gate refuses it for these vulnerabilities and no others
        | package | version  | vulnerability       | severity | fixed in |
        | expat   | 2.4.1-r0 | CVE-2022-25235      | critical | 2.4.5-r0 |
        | lodash  | 4.17.4   | GHSA-jf85-cpcp-j695 | critical | 4.17.12  |
      And the gate says
        | of      | words                                                                       |
        | refused | the exception for CVE-2022-25235 of expat ended on                          |
        | refused | nothing needs the exception for CVE-2019-10744 of jinja2 any more; remove it |

  @image
  Rule: What nobody could look up is not assessed

    @REQ-SUP-07
    Scenario Outline: A scanner's silence proves nothing where its database is <database>
      Given an image with a vulnerable package of each kind
      And a scanner whose database is "<database>"
      When their packages are assessed
      Then none of their "<kinds>" packages is assessed, because "<reason>"

      Examples:
        | database                                    | kinds          | reason                                                          |
        | missing                                     | apk, pypi, npm | there is no database of vulnerabilities                         |
        | empty                                       | apk            | the database knows nothing of alpine 3.23                       |
        | empty                                       | pypi           | the database knows nothing of pypi packages                     |
        | empty                                       | npm            | the database knows nothing of npm packages                      |
        | the small list for Alpine 3.22 alone        | apk            | the database knows nothing of alpine 3.23                       |
        | the small list as it was 30 days ago        | apk, pypi, npm | 30 days ago, and 5 days are allowed                             |
        | the small list after the end of Alpine 3.23 | apk            | has reached the end of its life, and gets no advisories any more |

    @REQ-SUP-07
    Scenario: An index that does not answer has not said that there are no vulnerabilities
      Given an image with a vulnerable package of each kind
      And package indexes that do not answer
      When their packages are assessed
      Then none of their "pypi" packages is assessed, because "pip-audit could not look it up"
      And none of their "npm" packages is assessed, because "the registry does not tell npm audit of vulnerabilities"
      And none of their "apk" packages is assessed, because "no scanner tells of apk packages"

    @REQ-SUP-07
    Scenario Outline: What is not assessed is skipped and told, and fails where an assessment is required
      Given a scanner whose database is "the small list of advisories"
      And the example project "unassessed"
      When its suite runs with "--assessment <assessment>"
      Then <ends>
      And its data, JUnit file, Cucumber messages and living documentation tell of each scenario
        | scenario                                     | status   |
        | There is no database of vulnerabilities      | <status> |
        | The database knows another release of Alpine | <status> |
        | Nothing is known of the image                | passed   |

      Examples:
        | assessment | ends                                    | status  |
        | required   | it fails after something was made ready | failed  |
        | optional   | it ends well, as "incomplete"           | skipped |
