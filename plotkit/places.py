"""Where what may stand in a Vega-Lite file: the names of each place, and what their values are.

This is the allow-list of `trust.py`, and it holds nothing else. A place is a kind of object; under
each kind of value stand the names that hold it. A kind is another place, or one of the leaves
that `trust.py` knows by name. What does not stand here is not let in, so `url`, `href`, `on`,
`signal`, `image`, `locale` and `customFormatTypes` are absent on purpose.
"""

from __future__ import annotations

_COLORS = (
    "angle color fill fillOpacity opacity shape size stroke strokeDash strokeOpacity strokeWidth"
)
_POSITIONS = (
    "x y x2 y2 xOffset yOffset theta theta2 radius radius2 longitude latitude longitude2 latitude2"
)

_TITLES = """titleAlign titleAnchor titleAngle titleBaseline titleColor titleLimit titleOpacity
    titleOrient titleX titleY"""
_LABELS = """labelAlign labelAnchor labelAngle labelBaseline labelBound labelColor labelFlush
    labelFlushOffset labelLimit labelOpacity labelOrient labelOverlap labels"""
_LENGTHS = """titleFontSize titleLineHeight titlePadding labelFontSize labelLineHeight
    labelOffset labelPadding labelSeparation offset"""
_FONTS = "labelFont titleFont"
_FONT_STYLES = "labelFontStyle labelFontWeight titleFontStyle titleFontWeight"

_MARK = {
    "mark_type": "type",
    "text": "text",
    "value": """align angle aria ariaRole ariaRoleDescription aspect baseline blend borders clip
        color cornerRadius cornerRadiusBottomLeft cornerRadiusBottomRight cornerRadiusEnd
        cornerRadiusTopLeft cornerRadiusTopRight cursor description dir dx dy ellipsis endAngle
        extent fill fillOpacity filled innerRadius interpolate invalid limit lineBreak opacity
        order orient outerRadius padAngle radius2 radius2Offset radiusOffset shape smooth
        startAngle stroke strokeCap strokeDash strokeDashOffset strokeJoin strokeMiterLimit
        strokeOffset strokeOpacity style tension theta theta2 theta2Offset thetaOffset time
        timeUnitBandPosition tooltip x x2 x2Offset xOffset y y2 y2Offset yOffset radius""",
    "length": """bandSize binSpacing continuousBandSize discreteBandSize fontSize height
        lineHeight minBandSize size strokeWidth thickness timeUnitBandSize width""",
    "font": "font",
    "font_style": "fontStyle fontWeight",
    "mark": "band box line median outliers point rule ticks",
}
_AXIS = {
    "value": f"""aria bandPosition description disable domain domainCap domainColor domainDash
        domainDashOffset domainOpacity grid gridCap gridColor gridDash gridDashOffset gridOpacity
        orient position style tickBand tickCap tickColor tickDash tickDashOffset tickExtra
        tickMinStep tickOpacity tickRound ticks translate values zindex {_TITLES} {_LABELS}""",
    "length": f"""{_LENGTHS} domainWidth gridWidth maxExtent minExtent tickOffset tickSize
        tickWidth""",
    "text": "title",
    "font": _FONTS,
    "font_style": _FONT_STYLES,
    "format": "format",
    "format_type": "formatType",
    "expression": "labelExpr",
    "tick_count": "tickCount",
}
_CHANNEL = {
    "aggregate": "aggregate",
    "axis": "axis",
    "bin": "bin",
    "channel": "condition",
    "field": "field",
    "format": "format",
    "format_type": "formatType",
    "header": "header",
    "impute": "impute",
    "legend": "legend",
    "scale": "scale",
    "sort": "sort",
    "length": "spacing",
    "predicate": "test",
    "text": "title",
    "time_unit": "timeUnit",
    "value": "align bandPosition bounds center columns datum empty param rescale stack value",
    "word": "type",
}


def _joined(one: dict[str, str], other: dict[str, str]) -> dict[str, str]:
    return {kind: f"{one.get(kind, '')} {other.get(kind, '')}" for kind in {**one, **other}}


_KINDS: dict[str, dict[str, str]] = {
    "spec": {
        "schema": "$schema",
        "data": "data",
        "datasets": "datasets",
        "transform": "transform",
        "mark": "mark",
        "encoding": "encoding",
        "param": "params",
        "spec": "layer concat hconcat vconcat spec",
        "facet": "facet",
        "repeat": "repeat",
        "resolve": "resolve",
        "config": "config",
        "title": "title",
        "text": "description",
        "size": "width height",
        "length": "padding spacing",
        "view": "view",
        "projection": "projection",
        "usermeta": "usermeta",
        "value": "name align autosize background bounds center columns",
    },
    "data": {
        "rows": "values",
        "value": "name sphere",
        "data_format": "format",
        "sequence": "sequence",
        "graticule": "graticule",
    },
    "data_format": {
        "word": "type",
        "parse": "parse",
        "field": "property feature mesh",
        "value": "delimiter",
    },
    "transform": {
        "expression": "calculate",
        "predicate": "filter",
        "field": """as field groupby fold flatten density loess on regression quantile impute
            key pivot stack lookup""",
        "value": """value default method op offset frame ignorePeers sample extent cumulative
            counts resolve param params bandwidth probs limit""",
        "op_field": "aggregate joinaggregate window",
        "time_unit": "timeUnit",
        "bin": "bin",
        "sort": "sort",
        "lookup_from": "from",
        "keyvals": "keyvals",
        "count": "steps minsteps maxsteps",
        "share": "step",
        "power": "order",
    },
    "op_field": {"word": "op", "field": "field as", "value": "param"},
    "lookup_from": {"data": "data", "field": "key fields", "value": "param"},
    "impute": {"value": "frame method value", "keyvals": "keyvals"},
    "mark": _MARK,
    "encoding": {
        "channel": f"""{_POSITIONS} {_COLORS} column row facet description detail key order text
            tooltip time xError xError2 yError yError2"""
    },
    "channel": _CHANNEL,
    "facet": {**_CHANNEL, "channel": "condition row column"},
    "aggregate": {"field": "argmax argmin"},
    "sort": {
        "field": "field",
        "word": "op",
        "value": "order encoding",
        "time_part": "year quarter month date day hours minutes seconds milliseconds utc",
    },
    "bin": {
        "count": "maxbins",
        "value": "anchor base binned divide extent minstep nice step steps",
    },
    "time_unit": {"word": "unit", "count": "maxbins", "value": "step utc binned"},
    "axis": _AXIS,
    "legend": {
        "value": f"""aria clipHeight columns cornerRadius description direction disable
            fillColor gradientDirection gradientOpacity gradientStrokeColor gridAlign legendX
            legendY orient strokeColor strokeDash strokeWidth symbolBaseFillColor
            symbolBaseStrokeColor symbolDash symbolDashOffset symbolDirection symbolFillColor
            symbolLimit symbolOpacity symbolStrokeColor symbolType tickMinStep type
            unselectedOpacity values zindex {_TITLES} {_LABELS}""",
        "length": f"""{_LENGTHS} columnPadding gradientHorizontalMaxLength
            gradientHorizontalMinLength gradientLabelLimit gradientLabelOffset gradientLength
            gradientStrokeWidth gradientThickness gradientVerticalMaxLength
            gradientVerticalMinLength padding rowPadding symbolOffset symbolSize
            symbolStrokeWidth""",
        "text": "title",
        "font": _FONTS,
    "font_style": _FONT_STYLES,
        "format": "format",
        "format_type": "formatType",
        "expression": "labelExpr",
        "tick_count": "tickCount",
        "layout": "layout",
    },
    "layout": {
        "value": "anchor bounds center direction",
        "length": "margin offset",
        "layout": "left right top bottom top-left top-right bottom-left bottom-right",
        "expression": "expr",
    },
    "header": {
        "value": f"orient {_TITLES} {_LABELS}",
        "length": _LENGTHS,
        "text": "title",
        "font": _FONTS,
    "font_style": _FONT_STYLES,
        "format": "format",
        "format_type": "formatType",
        "expression": "labelExpr",
    },
    "title": {
        "text": "text subtitle",
        "value": """align anchor angle aria baseline color dx dy frame limit orient style
            subtitleColor zindex""",
        "length": """fontSize lineHeight offset subtitleFontSize subtitleLineHeight
            subtitlePadding""",
        "font": "font subtitleFont",
        "font_style": "fontStyle fontWeight subtitleFontStyle subtitleFontWeight",
    },
    "scale": {
        "value": """align clamp constant domain domainMax domainMid domainMin domainRaw
            exponent interpolate range rangeMax rangeMin reverse round scheme type zero
            paddingInner paddingOuter bandPaddingInner bandPaddingOuter
            bandWithNestedOffsetPaddingInner bandWithNestedOffsetPaddingOuter barBandPaddingInner
            offsetBandPaddingInner offsetBandPaddingOuter rectBandPaddingInner
            tickBandPaddingInner invalid useUnaggregatedDomain xReverse maxOpacity minOpacity
            pointPadding""",
        "length": """padding continuousPadding maxBandSize maxFontSize maxSize maxStrokeWidth
            minBandSize minFontSize minSize minStrokeWidth""",
        "count": "quantileCount quantizeCount",
        "tick_count": "nice",
        "steps": "bins",
        "log_base": "base",
    },
    "view": {
        "value": """clip cornerRadius cursor fill fillOpacity opacity stroke strokeCap
            strokeDash strokeDashOffset strokeJoin strokeMiterLimit strokeOpacity style""",
        "length": "strokeWidth step continuousWidth continuousHeight discreteWidth discreteHeight",
    },
    "projection": {
        "value": """center clipAngle coefficient distance fraction lobes parallel parallels radius
            ratio reflectX reflectY rotate spacing tilt translate type""",
        "length": "pointRadius size clipExtent extent",
        "zoom": "scale",
        "precision": "precision",
    },
    "resolve": {"resolved": "axis legend scale"},
    "resolved": {"word": f"{_POSITIONS} {_COLORS}"},
    "param": {
        "param_name": "name",
        "init": "value",
        "value": "views react",
        "text": "description",
        "expression": "expr",
        "select": "select",
        "bind": "bind",
    },
    "select": {
        "word": "type resolve",
        "field": "fields",
        "value": "encodings nearest",
        "mark": "mark",
        "expression": "toggle",
        "no_event": "clear zoom translate",
    },
    "predicate": {
        "field": "field",
        "value": "equal gt gte lt lte oneOf range valid param empty",
        "time_unit": "timeUnit",
        "predicate": "and or not test",
    },
    # What stands for a value: an expression, a choice, a colour gradient, a time, some numbers.
    "value": {
        "expression": "expr",
        "value": """condition value param empty gradient x1 y1 x2 y2 r1 r2 id stops color
            content contains resize row column unionWith encoding order scheme extent name type
            valid selection fields band angle fill fillOpacity opacity radius shape size stroke
            strokeDash strokeOpacity strokeWidth theta x y xOffset yOffset time""",
        "predicate": "test",
        "length": "offset step left right top bottom",
        "field": "field",
        "word": "aggregate op interval for",
        "time_part": "year quarter month date day hours minutes seconds milliseconds utc",
        "count": "count",
    },
    "config": {
        "axis": """axis axisBand axisBottom axisDiscrete axisLeft axisPoint axisQuantitative
            axisRight axisTemporal axisTop axisX axisXBand axisXDiscrete axisXPoint
            axisXQuantitative axisXTemporal axisY axisYBand axisYDiscrete axisYPoint
            axisYQuantitative axisYTemporal""",
        "mark": """mark arc area bar circle geoshape line point rect rule square text tick trail
            boxplot errorband errorbar group-subtitle group-title guide-label guide-title""",
        "header": "header headerColumn headerFacet headerRow",
        "legend": "legend",
        "title": "title",
        "view": "view",
        "scale": "scale",
        "projection": "projection",
        "styles": "style",
        "ranges": "range",
        "composition": "concat facet",
        "selections": "selection",
        "param": "params",
        "format": "numberFormat normalizedNumberFormat timeFormat",
        "format_type": "numberFormatType normalizedNumberFormatType timeFormatType",
        "font": "font",
        "value": "aria autosize background countTitle fieldTitle lineBreak color fontSize",
        "tooltip_format": "tooltipFormat",
        "length": "padding",
    },
    "styled": _joined(_AXIS, _MARK),
    "tooltip_format": {
        "format": "numberFormat normalizedNumberFormat timeFormat",
        "format_type": "numberFormatType normalizedNumberFormatType timeFormatType",
    },
    "composition": {"value": "columns align center bounds", "length": "spacing"},
    "selections": {"select": "point interval"},
}  # fmt: skip

PLACES: dict[str, dict[str, str]] = {
    place: {name: kind for kind, names in kinds.items() for name in names.split()}
    for place, kinds in _KINDS.items()
}
"""Place -> name -> what its value is: a place, or a leaf."""

# Widgets of the page, each with the attributes that it may have.
_ANY = ("input", "name", "debounce")
BINDINGS: dict[str, tuple[str, ...]] = {
    "checkbox": _ANY,
    "radio": (*_ANY, "options", "labels"),
    "select": (*_ANY, "options", "labels"),
    "range": (*_ANY, "min", "max", "step"),
    "number": (*_ANY, "min", "max", "step", "placeholder"),
    "text": (*_ANY, "placeholder", "autocomplete"),
}
MARKS = frozenset(
    (
        "arc", "area", "bar", "boxplot", "circle", "errorband", "errorbar", "geoshape", "line",
        "point", "rect", "rule", "square", "text", "tick", "trail",
    )
)  # fmt: skip
