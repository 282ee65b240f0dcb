"""Boxes, masks and keypoints on their way through the steps.

``settle`` makes annotations as read true to the decoded picture, as a ``Scene`` of arrays; ``motion`` says what a step
does to places; ``move`` does it to a scene; ``finish`` gives Annotations back, without what has left the picture.
"""
