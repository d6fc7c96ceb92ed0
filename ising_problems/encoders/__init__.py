"""The encoders: one file for each family of problems, named after it.

============================== ===========================================================================
``cuts``                       ``MaxCut``
``graph_partitioning``         ``GraphPartitioning``
``partitioning``               ``NumberPartitioning``
``assignment``                 ``QuadraticAssignment``
``packing``                    ``IndependentSet``, ``SetPacking``
``cliques``                    ``MaximumClique``, ``CliqueOfSize``
``covering``                   ``VertexCover``, ``SetCover``
``hitting``                    ``HittingSet``
``exact_cover``                ``ExactCover``
``three_dimensional_matching`` ``ThreeDimensionalMatching``
``matching``                   ``MinimalMaximalMatching``
``satisfiability``             ``Satisfiability``, ``MaxSatisfiability``
``knapsack``                   ``Knapsack``, ``SubsetSum``
``linear_programs``            ``BinaryLinearProgram``
``scheduling``                 ``MakespanScheduling``
``job_sequencing``             ``JobSequencing``
``colouring``                  ``GraphColoring``
``clique_cover``               ``CliqueCover``
``chromatic``                  ``ChromaticNumber``
``tours``                      ``HamiltonianCycle``, ``HamiltonianPath``
``travelling_salesman``        ``TravellingSalesman``
``spanning_trees``             ``DegreeConstrainedSpanningTree``
``steiner``                    ``SteinerTree``
``feedback_vertices``          ``DirectedFeedbackVertexSet``, ``UndirectedFeedbackVertexSet``
``feedback_arcs``              ``FeedbackArcSet``
``isomorphism``                ``GraphIsomorphism``, ``SubgraphIsomorphism``
============================== ===========================================================================

(``Polynomial`` is in :mod:`ising_problems.polynomials`.)  The other files are what these share:

* the energy as arrays: ``builder``, ``slack``, ``domain_wall``;
* input: ``graph_input``, ``graphs``, ``directed_graphs``, ``families``, ``weights``, ``number_lists``, ``clauses``,
  ``linear_rows``;
* what several problems are built on: ``subsets``, ``class_answers``, ``node_classes``, ``clause_encodings``,
  ``permutations``, ``node_maps``, ``routes``, ``orders``, ``rooted_trees``, ``node_removal``, ``assignment_costs``;
* repair: ``*_search``, ``halving``, ``subset_sums``, ``forests``, ``tree_exchange``.
"""
