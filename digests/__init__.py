"""Tagged articles in, a digest out.

`compose.compose` decides what goes in (pure); `markdown.render` and `terminal.render` say it. What comes out is
harmless wherever it is shown: no markup, control sequence or link of an article's own reaches the page.
"""
