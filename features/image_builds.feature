Feature: Image builds
  A change costs what depends on it, and the same sources give the same image, whoever builds it, where and when.
  Which layer holds what is told by the paths in it, not by the Dockerfile. Builds start from copies in folders of their own, and
  what they make is removed again.

  @image @slow @serial
  Rule: A change costs what depends on it

    Seconds by the clock say little of a busy machine. So what is compared is also how long each step had run when nothing was in
    the cache, and which of them the cache spares: for the frontend, whose sources are compiled by what its dependencies bring,
    that is the smaller part. A change of source is another one in every run, because of an earlier run's all would be in the cache.

    @REQ-SUP-04
    Scenario: A change of the backend's source leaves its dependencies alone
      Given the image "backend" built without the build cache, and a copy of its sources
      When "todo_backend/health.py" of the copy gets the lines
        """
        # a change of source in run ${RUN}
        """
      And the copy is built
      Then the steps that run "pip install" come from the build cache, though they ran before
      And the layers that hold "usr/local/bin/python3.13" keep their digests
      And the layers that hold "usr/local/lib/python3.13/site-packages" keep their digests
      And the layers that hold "app/todo_backend" change
      And "# a change of source in run ${RUN}" stands in a file below "app/todo_backend", and stood in none before
      And no layer holds both "usr/local/lib/python3.13/site-packages" and "app/todo_backend"
      And the steps that the build cache spares had taken at least 50 % of the time of all
      And building took less than 75 % of the time that it took without the build cache

    @REQ-SUP-04
    Scenario: A change of the frontend's source leaves its dependencies alone
      Given the image "frontend" built without the build cache, and a copy of its sources
      When in "src/app/layout.tsx" of the copy "What there is to do" becomes "What there was to do in run ${RUN}"
      And the copy is built
      Then the steps that run "npm ci" come from the build cache, though they ran before
      And the layers that hold "usr/local/bin/node" keep their digests
      And the layers that hold "app/node_modules" keep their digests
      And the layers that hold "app/.next" change
      And "What there was to do in run ${RUN}" stands in a file below "app/.next", and stood in none before
      And no layer holds both "app/node_modules" and "app/.next"
      And the steps that the build cache spares had taken at least 20 % of the time of all

    @REQ-SUP-04
    Scenario: A change of the backend's lock file changes its dependencies
      Given the image "backend" and a copy of its sources
      When "requirements.lock" of the copy gets the lines
        """
        six==1.17.0 --hash=sha256:4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274
        """
      And the copy is built
      Then the layers that hold "usr/local/lib/python3.13/site-packages" change
      And the Python packages of the copy's image are those of its "requirements.lock"
      And the layers that hold "app/todo_backend" keep their digests

    @REQ-SUP-04
    Scenario: A change of the frontend's lock file changes its dependencies
      Given the image "frontend" and a copy of its sources
      When "package.json" of the copy is merged with
        """
        {"overrides": {"@swc/helpers": "0.5.17"}}
        """
      And "package-lock.json" of the copy is merged with
        """
        {"packages": {"node_modules/@swc/helpers": {
          "version": "0.5.17",
          "integrity": "sha512-5IKx/Y13RsYd+sauPb2x+U/xZikHjolzfuDgTAl/Tdf3Q8rslRvC19NKDLgAJQ6wsqADk10ntlv08nPFw/gO/A=="
        }}}
        """
      And the copy is built
      Then the layers that hold "app/node_modules" change
      And the npm packages of the copy's image below "app" are those of its "package-lock.json"

  @image @slow @serial
  Rule: The same sources give the same image

    An image's ID tells when it was made, and from which commit. So the layers are compared, and the settings beside them.

    @REQ-SUP-05
    Scenario: The backend is the same, whenever and wherever it is built
      Given the image "backend", and the same built without the build cache, in another folder, of files with other times, modes and owners
      Then their layers have the same digests
      And their settings differ in nothing but times and the labels "org.opencontainers.image.source, org.opencontainers.image.revision, org.opencontainers.image.created"

    @REQ-SUP-05
    Scenario: The frontend is the same but for keys that are drawn by chance
      Given the image "frontend", and the same built without the build cache, in another folder, of files with other times, modes and owners
      Then their layers differ in nothing but
        | file                                             | may differ in                              | because                                              |
        | app/.next/prerender-manifest.json                | "previewMode[A-Za-z]+": "[0-9a-f]+"        | who knows the keys of preview mode may enter it      |
        | app/.next/server/preview-props.json              | "previewMode[A-Za-z]+": "[0-9a-f]+"        | who knows the keys of preview mode may enter it      |
        | app/.next/server/server-reference-manifest.js    | encryptionKey[^A-Za-z0-9]+[A-Za-z0-9+/]+=  | who knows the key of server actions can forge theirs |
        | app/.next/server/server-reference-manifest.json  | encryptionKey[^A-Za-z0-9]+[A-Za-z0-9+/]+=  | who knows the key of server actions can forge theirs |
      And their settings differ in nothing but times and the labels "org.opencontainers.image.source, org.opencontainers.image.revision, org.opencontainers.image.created"

  @image
  Rule: What is installed is what was asked for

    @REQ-SUP-05
    Scenario: What is installed is what the lock files say
      Then the Python packages of "backend" are those of "requirements.lock"
      And the npm packages of "frontend" below "app" are those of "package-lock.json"

  @image
  Rule: The code is packaged as it is

    Of the frontend, most is compiled, and cannot be compared file by file. What can be said of it: the image names the digest
    of all the files that the build was given, which are the working tree's, and what need not be compiled is there unchanged.

    @REQ-SUP-09
    Scenario: The images hold the sources of the working tree
      Then "app" of the image "backend" holds the sources "todo_backend", byte for byte, and their bytecode alone
      And "app/.next/BUILD_ID" of the image "frontend" names the digest of the sources
      And "app/package.json" of the image "frontend" is the source "package.json", byte for byte
      And "app/.next/static/media/icon.*.svg" of the image "frontend" is the source "src/app/icon.svg", byte for byte

  @cluster
  Rule: The code that runs is the repository's

    @REQ-SUP-09
    Scenario: The pods run the sources of the working tree
      Given the chart is installed
      And the images that its pods run
      Then the images that the project builds are among them, by their digests
      And "app" of the image "backend" holds the sources "todo_backend", byte for byte, and their bytecode alone
      And "app/.next/BUILD_ID" of the image "frontend" names the digest of the sources
