"""What a product may contain: policy files, verdicts on licenses, rules, waivers, baselines.

Pure functions of a Bom and of files that the user wrote. Policies are data, so that those
who answer for them can read them; a verdict always knows the line that gave it.
"""
